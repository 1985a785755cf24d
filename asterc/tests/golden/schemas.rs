//! Compiles schemas of this repository.

use asterc::contracts::{Contracts, contracts};
use asterc::driver::{Input, Options, compile, disk::Disk};
use asterc::model::Schema;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The schema of some files, which import from `root`.
pub(crate) fn schema(root: &Path, files: &[PathBuf]) -> (Schema, Contracts) {
    let inputs: Vec<Input> = files.iter().cloned().map(Input::Path).collect();
    let options = Options {
        import_roots: vec![root.to_owned()],
    };
    let compiled = compile(&inputs, &options, &Disk).unwrap();
    let report = compiled.human(false);
    let schema = compiled.schema.unwrap_or_else(|| panic!("{report}"));
    assert!(report.is_empty(), "{report}");
    let contracts = contracts(&schema).unwrap();
    (schema, contracts)
}
