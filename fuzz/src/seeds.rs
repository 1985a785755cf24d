//! The inputs that a target begins with: made anew for each run, so that they are never older than what they are for.

use asterc::driver::FileSystem as _;
use asterc::driver::disk::Disk;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes the seeds into the folder that `cargo xtask fuzz` asks for; without one there is nothing to do.
pub fn write(make: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("ASTER_FUZZ_SEEDS").map(PathBuf::from) else {
        return;
    };
    for (number, seed) in make().into_iter().enumerate() {
        fs::write(folder.join(format!("{number:04}")), seed)
            .expect("the folder for the seeds can be written to");
    }
}

/// A file or folder of the repository.
pub(crate) fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Schemas of the repository: the folder that is the import root, and their paths below it.
pub(crate) fn schemas() -> Vec<(PathBuf, Vec<String>)> {
    let folders = [
        "tests/ui",
        "tests/schemas",
        "tests/fmt",
        "tests/drift",
        "idl-examples",
    ];
    let below = |folder| {
        let root = place(folder);
        let files = Disk.below(&root);
        assert!(!files.is_empty(), "there are schemas in `{folder}`");
        (root, files)
    };
    folders.into_iter().map(below).collect()
}

/// The text of one of them. What is not UTF-8 is a seed as well.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a schema of the repository can be read")
}

/// A list in a file of vectors.
pub(crate) fn vectors(path: &str, list: &str) -> Vec<Value> {
    let file: Value = serde_json::from_slice(&read(&place(path))).expect("vectors are JSON");
    let cases = file[list].as_array().cloned().unwrap_or_default();
    assert!(!cases.is_empty(), "`{path}` has `{list}`");
    cases
}
