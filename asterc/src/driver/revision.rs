//! The files of a git revision: `v1.2:schema/fleet.aster`, read from the repository, without the program git.

use super::disk::is_left_out;
use super::{DriverError, FileSystem, Folders};
use git2::{ErrorCode, FileMode, ObjectType, Oid, Repository, TreeEntry, TreeWalkMode, TreeWalkResult};
use std::io;
use std::path::{Component, Path, PathBuf};

/// The tree of one revision. Paths are from the top of the repository, with `revision:` in front or without.
pub struct Revision {
    repository: Repository,
    tree: Oid,
    prefix: String,
}

impl Revision {
    /// Takes `revision:path` apart. The path is from the top of the repository, or with `./` from the current folder, as
    /// git has it.
    ///
    /// # Errors
    /// There is no repository around the current folder, or no such revision in it.
    pub fn open(operand: &str) -> Result<(Self, PathBuf), DriverError> {
        let error = |why: String| DriverError::Revision {
            operand: operand.to_owned(),
            why,
        };
        let Some((name, path)) = operand.split_once(':').filter(|(name, _)| !name.is_empty()) else {
            return Err(error("there is no such file".to_owned()));
        };
        let repository = Repository::discover(".").map_err(|found| match found.code() {
            ErrorCode::NotFound => error("there is no git repository here".to_owned()),
            _ => error(found.message().to_owned()),
        })?;
        let tree = repository
            .revparse_single(name)
            .and_then(|object| object.peel_to_tree())
            .map(|tree| tree.id())
            .map_err(|_| error(format!("the repository has no revision `{name}`")))?;
        let path = match path.strip_prefix("./") {
            Some(below) => below_top(&repository).join(below),
            None => PathBuf::from(path),
        };
        let revision = Self {
            repository,
            tree,
            prefix: format!("{name}:"),
        };
        let full = PathBuf::from(format!("{}{}", revision.prefix, path.display()));
        if revision.is_file(&full) || revision.is_folder(&full) {
            return Ok((revision, full));
        }
        Err(error(format!("`{}` is not in `{name}`", path.display())))
    }

    /// An import root as it is written for the current folder, in this revision.
    pub fn root(&self, root: &Path) -> PathBuf {
        let below: PathBuf = below_top(&self.repository).join(root);
        PathBuf::from(format!("{}{}", self.prefix, below.display()))
    }

    /// The path inside the tree.
    fn inner<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let text = path.to_str()?;
        Some(Path::new(text.strip_prefix(&self.prefix).unwrap_or(text)))
    }

    fn entry(&self, path: &Path) -> Option<TreeEntry<'static>> {
        let tree = self.repository.find_tree(self.tree).ok()?;
        let path: PathBuf = self
            .inner(path)?
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        tree.get_path(&path).ok()
    }

    fn is_top(&self, path: &Path) -> bool {
        self.inner(path)
            .is_some_and(|path| path.components().all(|part| part == Component::CurDir))
    }

    /// The schemas below a folder, in order.
    fn schemas(&self, folder: &Path) -> Result<Vec<String>, git2::Error> {
        let tree = match self.entry(folder) {
            _ if self.is_top(folder) => self.tree,
            Some(entry) => entry.id(),
            None => return Ok(Vec::new()),
        };
        let mut found = Vec::new();
        self.repository
            .find_tree(tree)?
            .walk(TreeWalkMode::PreOrder, |folder, entry| {
                let name = entry.name().unwrap_or_default();
                if is_left_out(name) {
                    return TreeWalkResult::Skip;
                }
                if is_text(entry) && name.ends_with(".aster") {
                    found.push(format!("{folder}{name}"));
                }
                TreeWalkResult::Ok
            })?;
        found.sort();
        Ok(found)
    }
}

/// The current folder, from the top of the work tree.
fn below_top(repository: &Repository) -> PathBuf {
    let current = std::env::current_dir().and_then(|current| current.canonicalize());
    let top = repository.workdir().map(Path::canonicalize);
    match (current, top) {
        (Ok(current), Some(Ok(top))) => current.strip_prefix(top).unwrap_or(Path::new("")).to_owned(),
        _ => PathBuf::new(),
    }
}

fn is_text(entry: &TreeEntry<'_>) -> bool {
    let mode = entry.filemode();
    mode == i32::from(FileMode::Blob) || mode == i32::from(FileMode::BlobExecutable)
}

impl FileSystem for Revision {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let entry = self.entry(path).filter(is_text).ok_or(io::ErrorKind::NotFound)?;
        let objects = self.repository.odb().map_err(io::Error::other)?;
        let (size, _) = objects.read_header(entry.id()).map_err(io::Error::other)?;
        if size > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let blob = self.repository.find_blob(entry.id()).map_err(io::Error::other)?;
        Ok(blob.content().to_vec())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.entry(path).is_some_and(|entry| is_text(&entry))
    }

    fn is_folder(&self, path: &Path) -> bool {
        let is_tree = |entry: TreeEntry<'_>| entry.kind() == Some(ObjectType::Tree);
        self.is_top(path) || self.entry(path).is_some_and(is_tree)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        self.inner(path).unwrap_or(path).to_owned()
    }

    fn below(&self, folder: &Path) -> Vec<String> {
        // a tree that cannot be walked has no files to suggest
        self.schemas(folder).unwrap_or_default()
    }
}

impl Folders for Revision {
    fn all_below(&self, folder: &Path) -> Result<Vec<PathBuf>, DriverError> {
        let found = self.schemas(folder).map_err(|source| DriverError::Read {
            path: folder.to_owned(),
            source: io::Error::other(source),
        })?;
        // `revision:` alone is a folder without a separator behind it
        let folder = folder.to_string_lossy();
        let separator = if folder.ends_with([':', '/']) { "" } else { "/" };
        let path = |file: String| PathBuf::from(format!("{folder}{separator}{file}"));
        Ok(found.into_iter().map(path).collect())
    }
}
