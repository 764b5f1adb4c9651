//! Key files: read where configured, made in the data folder (readable by their owner only) where one is
//! needed and none is configured. Contents are never logged, and an existing file is never overwritten.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use domain::{
    Entropy,
    secret::{Digester, Pepper, Secret, random_text},
};
use zeroize::Zeroizing;

use crate::{config::Secrets, error::Failure};

pub const APP_KEY_FILE: &str = "app.key";
pub const MASTER_KEY_FILE: &str = "master.key";
const MASTER_KEY_BYTES: usize = 32;
const APP_KEY_CHARS: usize = 64;
const HEX: &[u8] = b"0123456789abcdef";

/// What the files and settings hold, ready to use.
pub struct KeyMaterial {
    pub digester: Digester,
    pub app_key: Secret,
    /// What imported NocoBase tokens may be signed with besides.
    pub jwt_secret: Option<Zeroizing<Vec<u8>>>,
    pub master_key: [u8; MASTER_KEY_BYTES],
}

pub fn load(secrets: &Secrets, data: &Path, entropy: &dyn Entropy) -> Result<KeyMaterial, Failure> {
    let app_key = match &secrets.app_key {
        Some(key) => key.clone(),
        None => {
            Secret::new(read_or_make(&data.join(APP_KEY_FILE), APP_KEY_CHARS, entropy)?.trim().to_owned())
        }
    };
    let jwt_secret = match &secrets.jwt_secret_file {
        Some(path) => Some(Zeroizing::new(fs::read(path).map_err(|e| unreadable(path, &e))?)),
        None => None,
    };
    let master_key = master_key(secrets, data, entropy)?;
    Ok(KeyMaterial { digester: digester(secrets)?, app_key, jwt_secret, master_key })
}

/// Makes `key` the app key of a data folder that has none yet.
pub fn adopt_app_key(data: &Path, key: &Secret) -> Result<(), Failure> {
    let path = data.join(APP_KEY_FILE);
    make(&path, key.expose()).map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
}

pub fn digester(secrets: &Secrets) -> Result<Digester, Failure> {
    let Some(path) = &secrets.pepper_file else { return Ok(Digester::default()) };
    let bytes = fs::read(path).map_err(|e| unreadable(path, &e))?;
    // An editor's newline at the end is no part of it.
    let kept =
        bytes.strip_suffix(b"\n").map_or(bytes.as_slice(), |rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    let pepper = Pepper::new(kept.to_vec()).ok_or_else(|| {
        Failure::new(format!("the pepper file {} must hold at least 32 bytes", path.display()))
    })?;
    Ok(Digester::new(Some(pepper)))
}

fn master_key(
    secrets: &Secrets,
    data: &Path,
    entropy: &dyn Entropy,
) -> Result<[u8; MASTER_KEY_BYTES], Failure> {
    let path = secrets.master_key_file.clone().unwrap_or_else(|| data.join(MASTER_KEY_FILE));
    let bytes = if secrets.master_key_file.is_some() {
        fs::read(&path).map_err(|e| unreadable(&path, &e))?
    } else {
        read_or_make(&path, 2 * MASTER_KEY_BYTES, entropy)?.into_bytes()
    };
    parse_master_key(&bytes).ok_or_else(|| {
        Failure::new(format!(
            "the master key file {} must hold 32 bytes, raw or as 64 hex digits",
            path.display()
        ))
    })
}

/// Raw bytes, or hex with or without a newline.
fn parse_master_key(bytes: &[u8]) -> Option<[u8; MASTER_KEY_BYTES]> {
    if let Ok(raw) = bytes.try_into() {
        return Some(raw);
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let pairs = digits.chunks_exact(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// The file's text, or a new one of random hex digits when there is none yet.
fn read_or_make(path: &Path, chars: usize, entropy: &dyn Entropy) -> Result<String, Failure> {
    match fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(text),
        Ok(_) => {
            Err(Failure::new(format!("the key file {} is empty; restore it from a backup", path.display())))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let text = random_text(chars, HEX, entropy);
            make(path, &text).map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))?;
            tracing::info!(file = %path.display(), "made a new key file; back it up together with the database");
            Ok(text)
        }
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// Written whole and synced under another name first, so that a crash leaves either no file or all of it.
fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh: PathBuf = path.with_extension("key.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read the key file {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    fn none() -> Secrets {
        Secrets {
            root_key: None,
            app_key: None,
            jwt_secret_file: None,
            master_key_file: None,
            pepper_file: None,
        }
    }

    #[test]
    fn key_files_are_made_once_and_only_their_owner_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(&none(), folder.path(), &SystemEntropy).unwrap();
        let second = load(&none(), folder.path(), &SystemEntropy).unwrap();
        assert_eq!(first.app_key.expose(), second.app_key.expose());
        assert_eq!(first.master_key, second.master_key);
        assert!(first.app_key.expose().len() >= 32);
        #[cfg(unix)]
        for name in [APP_KEY_FILE, MASTER_KEY_FILE] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_master_key_is_read_raw_and_as_hex_and_nothing_else() {
        assert_eq!(parse_master_key(&[7; 32]), Some([7; 32]));
        assert_eq!(parse_master_key(format!("{}\n", "07".repeat(32)).as_bytes()), Some([7; 32]));
        for wrong in ["", "07", &"g".repeat(64), &"07".repeat(33)] {
            assert_eq!(parse_master_key(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_missing_or_short_configured_file_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let absent = Secrets { master_key_file: Some(folder.path().join("absent")), ..none() };
        assert!(load(&absent, folder.path(), &SystemEntropy).is_err());
        let short = folder.path().join("short");
        fs::write(&short, "too short").unwrap();
        assert!(
            load(&Secrets { pepper_file: Some(short), ..none() }, folder.path(), &SystemEntropy).is_err()
        );
    }
}
