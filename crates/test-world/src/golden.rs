//! Derived files are checked in and compared. `KEYWARD_UPDATE=1` writes them anew.

use std::path::Path;

/// Compares `text` with a file of the crate in `home` (its `CARGO_MANIFEST_DIR`).
pub fn same_as_file(home: &str, file: &str, text: &str) {
    let path = Path::new(home).join(file);
    if std::env::var_os("KEYWARD_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "{file} is out of date: run the tests with KEYWARD_UPDATE=1 and read the difference"
    );
}
