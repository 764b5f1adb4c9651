//! Derived files are checked in, so that a change shows what it means outside; here they are compared.

use std::{fs, path::Path, process::Command};

use crate::{Outcome, sh};

/// File under `docs/generated`, and the command of the binary that prints it.
const FILES: [(&str, &[&str]); 1] = [("keyward.toml", &["config", "print", "--defaults"])];

pub fn compare(binary: &Path) -> Outcome<()> {
    for (file, args) in FILES {
        let printed = sh::output(Command::new(binary).args(args).current_dir(sh::target_dir()).env_clear())?;
        let path = sh::root().join("docs/generated").join(file);
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if printed != kept {
            let again = format!("keyward {} > docs/generated/{file}", args.join(" "));
            return Err(format!("docs/generated/{file} is not up to date; write it with `{again}`").into());
        }
    }
    Ok(())
}
