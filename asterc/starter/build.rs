fn main() {
    asterc_build::compile("schema/hello.aster");
}
