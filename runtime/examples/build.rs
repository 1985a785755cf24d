//! Compiles the schemas of the examples; the code lands in `OUT_DIR`.

use std::env;
use std::path::PathBuf;

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
}
