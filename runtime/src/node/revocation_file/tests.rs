use super::*;
use crate::trust::{PeerId, Revocation, RootKey};
use std::fs;
use std::io::Write;
use tempfile::TempDir;

fn root() -> RootKey {
    RootKey::from_bytes(&[7; 32])
}

fn statement(number: u8) -> String {
    let statement = Revocation::of_peer(&root(), PeerId([number; 32]), 5).unwrap();
    format!("{}\n", statement.to_json())
}

struct Case {
    folder: TempDir,
    file: RevocationFile,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = RevocationFile::new(folder.path().join("revocations"), root().public());
        Self { folder, file }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("revocations")
    }

    /// A new file in its place.
    fn write(&self, content: &str) {
        let new = self.folder.path().join("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    fn append(&self, content: &str) {
        let mut file = File::options().append(true).open(self.path()).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }

    fn count(&self) -> usize {
        self.file.current().unwrap().len()
    }

    fn error(&self) -> String {
        let error = self.file.current().unwrap_err().to_string();
        error.replace(&self.path().display().to_string(), "FILE")
    }
}

#[test]
fn it_is_read_again_when_it_has_changed_and_only_then() {
    let case = Case::new();
    case.write(&statement(1));
    let first = case.file.current().unwrap();
    assert_eq!(first.len(), 1);
    assert!(Arc::ptr_eq(&first, &case.file.current().unwrap()));
    case.append(&statement(2));
    let second = case.file.current().unwrap();
    assert_eq!((first.len(), second.len()), (1, 2));
    assert!(Arc::ptr_eq(&second, &case.file.current().unwrap()));
    case.write(&statement(3));
    assert_eq!(case.count(), 1, "what is not in it any more is revoked no more");
    case.write("");
    assert_eq!(case.count(), 0);
}

#[test]
fn lines_that_are_appended_are_as_good_as_others() {
    let case = Case::new();
    // without the end of the last line
    case.write(statement(1).trim_end());
    assert_eq!(case.count(), 1);
    case.append(&format!("\n{}", statement(2)));
    assert_eq!(case.count(), 2);
    case.append(&format!("\n{}{}", statement(3), statement(1)));
    assert_eq!(case.count(), 3);
    let whole = Revocations::parse(&fs::read(case.path()).unwrap(), &root().public());
    assert_eq!(*case.file.current().unwrap(), whole.unwrap());
}

#[test]
fn a_file_that_was_altered_above_is_read_from_the_start() {
    let case = Case::new();
    case.write(&format!("{}{}", statement(1), statement(2)));
    assert_eq!(case.count(), 2);
    case.write(&format!("{}{}{}", statement(3), statement(3), statement(2)));
    assert_eq!(case.count(), 2);
    let forged = statement(1).replace(r#"_at":5"#, r#"_at":6"#);
    case.write(&format!("{forged}{}{}", statement(2), statement(3)));
    assert_eq!(
        case.error(),
        "FILE: line 1: its signature is not that of the root key"
    );
}

#[test]
fn a_bad_file_is_an_error_until_it_is_good() {
    let case = Case::new();
    assert!(case.error().starts_with("cannot read the revocations FILE: "));
    case.write(&statement(1));
    assert_eq!(case.count(), 1);
    // half a line, as somebody writes the rest of it
    let line = statement(2);
    let (half, rest) = line.split_at(40);
    case.append(half);
    for _ in 0..2 {
        assert_eq!(case.error(), "FILE: line 2: it is no JSON at line 1, column 40");
    }
    case.append(rest);
    assert_eq!(case.count(), 2);
    fs::remove_file(case.path()).unwrap();
    assert!(case.error().starts_with("cannot read the revocations FILE: "));
    case.write(&statement(1));
    assert_eq!(case.count(), 1);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let case = Case::new();
    case.write("");
    File::options()
        .write(true)
        .open(case.path())
        .unwrap()
        .set_len(MAX_SIZE + 1)
        .unwrap();
    assert!(
        case.error().contains("it is larger than 67174400 bytes"),
        "{}",
        case.error()
    );
}
