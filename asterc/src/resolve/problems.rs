//! What resolving found wrong: all of it that anybody would read.

use super::errors;
use crate::diagnostic::{Diagnostic, Level};

/// Errors that are kept, and warnings that are: a file of millions of mistakes costs no more than its text.
const MAX: usize = 10_000;

/// Diagnostics in the order in which they were found.
#[derive(Default)]
pub(super) struct Problems {
    kept: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
}

impl Problems {
    /// Keeps a diagnostic, or says once that there are too many.
    pub(super) fn push(&mut self, problem: Diagnostic) {
        let count = match problem.level {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
        };
        *count += 1;
        let (count, level) = (*count, problem.level);
        if count <= MAX {
            self.kept.push(problem);
        } else if count == MAX + 1 && level == Level::Error {
            self.kept.push(errors::too_many(problem.primary.span, MAX));
        }
    }

    /// How many were found.
    pub(super) fn len(&self) -> usize {
        self.errors + self.warnings
    }

    /// Those that were kept.
    pub(super) fn take(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.kept)
    }
}

impl Extend<Diagnostic> for Problems {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, problems: I) {
        for problem in problems {
            self.push(problem);
        }
    }
}
