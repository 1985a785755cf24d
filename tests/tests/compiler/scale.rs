//! Schemas of a size that a company reaches: linear, counted in allocations, and on a stack that recursion would overflow.

use crate::allocation::allocations;
use crate::memory::Memory;
use asterc::diagnostic::has_errors;
use asterc::driver::{Compiled, FileSystem, Input, Options, compile};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

/// Runs on a thread whose stack is too small for a frame for each type.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap();
    thread.join().unwrap()
}

/// Compiles and identifies; tells the number of types.
fn identified(compiled: &Compiled) -> usize {
    assert!(!has_errors(&compiled.diagnostics), "{}", compiled.human(false));
    let contracts = compiled.contracts().unwrap().unwrap();
    assert_eq!(
        contracts.services.len(),
        compiled.schema.as_ref().unwrap().services.len()
    );
    contracts.types.types().len()
}

/// Types of which each names the next; the last one names the first in a ring, and an empty one in a chain.
fn linked(count: usize, ring: bool) -> Memory {
    let mut text = "package a;\nservice S { rpc go(T0) -> (); }\n".to_owned();
    for n in 0..count {
        let next = if ring { (n + 1) % count } else { n + 1 };
        writeln!(text, "message T{n} {{ next: T{next}?; }}").unwrap();
    }
    if !ring {
        writeln!(text, "message T{count} {{}}").unwrap();
    }
    Memory::default().with("a.aster", text)
}

#[test]
fn twenty_thousand_types_in_a_chain_or_a_ring_are_linear() {
    for ring in [false, true] {
        let cost = |count| {
            on_a_small_stack(move || {
                let files = linked(count, ring);
                allocations(|| identified(&files.compile(&["a.aster"])))
            })
        };
        let ((small, few), (large, many)) = (cost(5_000), cost(20_000));
        // What the method makes for its empty answer, and the end of a chain.
        let others = if ring { 1 } else { 2 };
        assert_eq!((small, large), (5_000 + others, 20_000 + others));
        assert!(
            many < few * 9 / 2,
            "{few} allocations became {many}; ring: {ring}"
        );
    }
}

/// Files that know how often each was read.
struct Counted {
    files: Memory,
    reads: RefCell<BTreeMap<PathBuf, usize>>,
}

impl FileSystem for Counted {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        *self.reads.borrow_mut().entry(path.to_path_buf()).or_default() += 1;
        self.files.read(path, limit)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.is_file(path)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.files.is_folder(path)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        self.files.canonical(path)
    }

    fn below(&self, folder: &Path) -> Vec<String> {
        self.files.below(folder)
    }
}

/// The types of a realistic schema, and the allocations that their identity takes.
fn realistic(types: usize) -> (usize, usize) {
    let texts = aster_realistic::Model::new(types).aster();
    let count = texts.len();
    // Each file imports the one before it: the last one brings in all, one after the other.
    let root = Path::new("schemas").join(&texts.last().unwrap().0);
    let files = texts
        .into_iter()
        .fold(Memory::default(), |files, (path, text)| files.with(&path, text));
    let counted = Counted {
        files,
        reads: RefCell::default(),
    };
    let options = Options {
        import_roots: vec![PathBuf::from("schemas")],
    };
    let compiled = compile(&[Input::Path(root)], &options, &counted).unwrap();
    let reads = counted.reads.into_inner();
    assert_eq!(reads.len(), count);
    assert!(reads.values().all(|&times| times == 1), "{reads:?}");
    assert_eq!(compiled.sources.iter().count(), count);
    assert_eq!(compiled.schema.as_ref().unwrap().files.len(), count);
    allocations(|| identified(&compiled))
}

#[test]
fn ten_thousand_types_over_a_hundred_files_are_read_once_and_linear() {
    let ((small, few), (large, many)) = on_a_small_stack(|| (realistic(2_500), realistic(10_000)));
    assert!(small >= 2_500 && large >= 10_000, "{small}, {large}");
    assert!(many < few * 9 / 2, "{few} allocations became {many}");
}
