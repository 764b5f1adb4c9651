//! The files of the page, all of them part of the program. A file that is not named here is not served.

use super::file::File;

pub const INDEX: &str = "index.html";

macro_rules! files {
    ($($path:literal)*) => {
        &[$(File { path: $path, bytes: include_bytes!(concat!("../../page/", $path)) },)*]
    };
}

pub const FILES: &[File] = files! {
    "app/css/base.css"
    "app/css/controls.css"
    "app/css/layout.css"
    "app/css/overlay.css"
    "app/css/screens.css"
    "app/css/table.css"
    "app/icon.svg"
    "app/lib/api.js"
    "app/lib/clipboard.js"
    "app/lib/curl.js"
    "app/lib/dom.js"
    "app/lib/fields.js"
    "app/lib/files.js"
    "app/lib/filter.js"
    "app/lib/keyring.js"
    "app/lib/kinds.js"
    "app/lib/openapi.js"
    "app/lib/rights.js"
    "app/lib/router.js"
    "app/lib/session.js"
    "app/main.js"
    "app/screens/collection-fields.js"
    "app/screens/collection-new.js"
    "app/screens/collections.js"
    "app/screens/docs-operation.js"
    "app/screens/docs.js"
    "app/screens/field-form.js"
    "app/screens/key-new.js"
    "app/screens/keys.js"
    "app/screens/lost-password.js"
    "app/screens/pages.js"
    "app/screens/password.js"
    "app/screens/record-form.js"
    "app/screens/records.js"
    "app/screens/role-collection.js"
    "app/screens/role-members.js"
    "app/screens/role.js"
    "app/screens/roles.js"
    "app/screens/sheets.js"
    "app/screens/signin.js"
    "app/screens/users.js"
    "app/ui/card.js"
    "app/ui/dialog.js"
    "app/ui/editor.js"
    "app/ui/filter.js"
    "app/ui/form.js"
    "app/ui/layout.js"
    "app/ui/table.js"
    "app/ui/toast.js"
    "block/block.css"
    "block/block.js"
    "block/bridge.js"
    "block/editor.js"
    "block/examples.js"
    "block/frame/ask.js"
    "block/frame/ctx.js"
    "block/frame/element.js"
    "block/frame/frame.css"
    "block/frame/loader.js"
    "block/frame/main.js"
    "block/frame/port.js"
    "block/frame/sanitise.js"
    "block/limits.js"
    "block/list.js"
    "block/policy.js"
    "block/screen.js"
    "block/secrets.js"
    "block/view.js"
    "index.html"
    "modules/axios@1/LICENSE"
    "modules/axios@1/axios.min.js"
    "modules/axios@1/esm/axios.min.js"
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
