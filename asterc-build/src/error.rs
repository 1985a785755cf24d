//! Why a build script fails.

use asterc::contracts::IdentityError;
use asterc::driver::DriverError;
use std::path::PathBuf;

/// Why nothing was compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no schema to compile.
    #[error("error: no schema was named: add one with `Builder::root`")]
    NoRoot,
    /// This is not a build script, and no folder was given.
    #[error("error: `OUT_DIR` is not set: call this from a build script, or set `Builder::out_dir`")]
    NoOutDir,
    /// The schema is wrong; the report says where and why, as `asterc check` does.
    #[error("{report}")]
    Schema {
        /// Every diagnostic with its source line.
        report: String,
    },
    /// A contract id differs from the lock file; the report is that of `asterc check --locked`.
    #[error("{report}")]
    Drift {
        /// Every change, and what to do.
        report: String,
    },
    /// An import root is not a folder.
    #[error("error: the import root `{}` is not a folder: check `Builder::import_root`", .path.display())]
    NoImportRoot {
        /// The path as given.
        path: PathBuf,
    },
    /// Several schemas have no folder in common where their lock file would be.
    #[error(
        "error: the schemas are in several folders: say with `Builder::lock_file` where their lock file is"
    )]
    SeveralFolders,
    /// A file cannot be read or written.
    #[error("error: {0}")]
    Files(DriverError),
    /// A bug of the compiler.
    #[error("error: a bug in asterc, please report it with the schema: {0}")]
    Identity(#[from] IdentityError),
}

/// What the compiler says of its command line is said of the builder.
impl From<DriverError> for Error {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::NoRoot { path } => Self::NoImportRoot { path },
            DriverError::SeveralFolders => Self::SeveralFolders,
            error => Self::Files(error),
        }
    }
}
