//! Files that exist only in a test.

use asterc::driver::{Compiled, FileSystem, Input, Options, compile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Files by path, all below the folder `schemas`.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, Vec<u8>>);

const ROOT: &str = "schemas";

impl Memory {
    pub(crate) fn with(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.to_owned(), text.into());
        self
    }

    /// Compiles these roots.
    pub(crate) fn compile(&self, roots: &[&str]) -> Compiled {
        let inputs: Vec<Input> = roots
            .iter()
            .map(|root| Input::Path(Path::new(ROOT).join(root)))
            .collect();
        let options = Options {
            import_roots: vec![PathBuf::from(ROOT)],
        };
        compile(&inputs, &options, self).expect("all inputs are there")
    }

    fn get(&self, path: &Path) -> Option<&Vec<u8>> {
        self.0.get(path.strip_prefix(ROOT).ok()?.to_str()?)
    }
}

/// Compiles one text.
pub(crate) fn compile_text(text: impl Into<Vec<u8>>) -> Compiled {
    Memory::default().with("a.aster", text).compile(&["a.aster"])
}

impl FileSystem for Memory {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes[..bytes.len().min(limit)].to_vec())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.get(path).is_some()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path == Path::new(ROOT)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        path.to_path_buf()
    }

    fn below(&self, folder: &Path) -> Vec<String> {
        if folder == Path::new(ROOT) {
            self.0.keys().cloned().collect()
        } else {
            Vec::new()
        }
    }
}
