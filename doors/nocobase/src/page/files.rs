//! The files of the page, all of them part of the program. A file that is not named here is not served.

use super::file::File;

pub const INDEX: &str = "index.html";

macro_rules! files {
    ($($path:literal)*) => {
        &[$(File { path: $path, bytes: include_bytes!(concat!("../../page/", $path)) },)*]
    };
}

pub const FILES: &[File] = files! {
    "index.html"
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn walk(folder: &Path, root: &Path, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, root, into),
                false => into.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        let mut there = Vec::new();
        walk(&root, &root, &mut there);
        there.retain(|path| !path.ends_with("README.md"));
        let mut served: Vec<_> = FILES.iter().map(|file| file.path.to_owned()).collect();
        there.sort();
        served.sort();
        assert_eq!(served, there);
    }
}
