//! A driver is a small thing to write.

use std::fs;
use std::path::Path;

#[test]
fn the_driver_fits_in_200_lines() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let files: Vec<_> = sources.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    let lines: usize =
        files.iter().map(|path| fs::read_to_string(path).unwrap().lines().count()).sum();
    assert!(lines <= 200, "the driver has {lines} lines");
}
