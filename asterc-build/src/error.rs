//! Why a build script fails.

use asterc::contracts::IdentityError;
use asterc::driver::DriverError;

/// Why nothing was compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no schema to compile.
    #[error("no schema was named: add one with `Builder::root`")]
    NoRoot,
    /// This is not a build script, and no folder was given.
    #[error("`OUT_DIR` is not set: call this from a build script, or set `Builder::out_dir`")]
    NoOutDir,
    /// The schema is wrong; the report says where and why, as `asterc check` does.
    #[error("{report}")]
    Schema {
        /// Every diagnostic with its source line.
        report: String,
    },
    /// A file cannot be read or written.
    #[error("error: {0}")]
    Files(#[from] DriverError),
    /// A bug of the compiler.
    #[error("error: a bug in asterc, please report it with the schema: {0}")]
    Identity(#[from] IdentityError),
}
