//! The schemas people read first are right, and mean the same in whatever order files are given.

use asterc::driver::disk::Disk;
use asterc::driver::listing::{self, Detail};
use asterc::driver::{FileSystem, Input, Options, compile};
use std::path::{Path, PathBuf};

/// The examples, and schemas that hold what no example needs.
const FOLDERS: [&str; 2] = ["../idl-examples", "schemas"];

fn inputs(folder: &str) -> Vec<Input> {
    let paths = Disk.below(Path::new(folder)).into_iter();
    // The altered ones have the names of others on purpose.
    let paths = paths.filter(|path| !path.starts_with("altered/"));
    paths
        .map(|path| Input::Path(Path::new(folder).join(path)))
        .collect()
}

fn options(folder: &str) -> Options {
    Options {
        import_roots: vec![PathBuf::from(folder)],
    }
}

#[test]
fn every_example_is_without_a_warning() {
    for folder in FOLDERS {
        let inputs = inputs(folder);
        assert!(inputs.len() >= 10, "{folder}");
        for input in inputs {
            let compiled = compile(std::slice::from_ref(&input), &options(folder), &Disk).unwrap();
            assert!(compiled.diagnostics.is_empty(), "{}", compiled.human(false));
            assert!(compiled.contracts().unwrap().is_some());
        }
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    for folder in FOLDERS {
        let listing = |inputs: &[Input]| {
            let compiled = compile(inputs, &options(folder), &Disk).unwrap();
            assert!(compiled.diagnostics.is_empty(), "{}", compiled.human(false));
            let contracts = compiled.contracts().unwrap().unwrap();
            let schema = compiled.schema.unwrap();
            let paths: Vec<String> = schema.files.iter().map(|file| file.path.clone()).collect();
            (
                listing::json(
                    &schema,
                    &contracts,
                    Detail {
                        bytes: true,
                        tree: true,
                    },
                ),
                paths,
            )
        };
        let mut inputs = inputs(folder);
        let forwards = listing(&inputs);
        inputs.reverse();
        assert_eq!(listing(&inputs), forwards);
    }
}
