//! Any text presented as a secret: sorting it never panics, never calls garbage native, and a digest is
//! always the same.
#![no_main]

use domain::secret::{Digester, NATIVE_PREFIX, Pepper, Secret, Shape, shape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let found = shape(&text);
    if found == Shape::Native {
        assert!(text.starts_with(NATIVE_PREFIX));
        // One character less can never be native as well by cutting.
        let mut shorter = text.to_string();
        shorter.pop();
        assert_ne!(shape(&shorter), Shape::Native);
    }
    let plain = Digester::default();
    let keyed = Digester::new(Pepper::new(vec![7; 32]));
    assert!(plain.digest(&text).same(&plain.digest(&text)));
    assert!(!plain.digest(&text).same(&keyed.digest(&text)));
    let secret = Secret::new(text.to_string());
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    assert!(secret.start(6).chars().count() <= 6);
});
