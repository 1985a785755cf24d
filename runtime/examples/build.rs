//! Compiles the schemas of the examples, and those of the book that its Rust uses; the code lands in `OUT_DIR`.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

fn main() {
    asterc_build::compile("../../idl-examples/hello.aster");
    asterc_build::Builder::new()
        .root("../../idl-examples/fleet/control.aster")
        .import_root("../../idl-examples")
        .compile();

    // The same package once more, from a schema somebody has edited.
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    asterc_build::Builder::new()
        .root("../../idl-examples/altered/hello.aster")
        .out_dir(out.join("altered"))
        .compile();

    for (page, file) in [
        ("../../docs/language/guide.md", "shop.aster"),
        ("../../docs/guide/sessions.md", "shell.aster"),
    ] {
        println!("cargo::rerun-if-changed={page}");
        let page = Path::new(page);
        let schema = out.join(file);
        copy_of_the_first(page, file, &schema).expect("the page has the schema");
        asterc_build::Builder::new()
            .root(schema)
            .out_dir(out.join("book"))
            .compile();
    }
}

/// Takes the first schema of that name out of a page. It is as old as the page: cargo looks at that.
fn copy_of_the_first(page: &Path, file: &str, copy: &Path) -> io::Result<()> {
    let text = fs::read_to_string(page)?;
    let fence = format!("```aster,file={file}\n");
    let (_, behind) = text.split_once(&fence).ok_or(io::ErrorKind::NotFound)?;
    let (schema, _) = behind.split_once("```").ok_or(io::ErrorKind::NotFound)?;
    fs::write(copy, schema)?;
    let modified = fs::metadata(page)?.modified()?;
    File::options().append(true).open(copy)?.set_modified(modified)
}
