//! Writes a model into a folder: `cargo run -p aster-realistic --example write -- TYPES FOLDER`.

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let types = args.next().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let folder = std::path::PathBuf::from(args.next().unwrap_or_else(|| "realistic".to_owned()));
    let model = aster_realistic::Model::new(types);
    let edited = model.edited();
    for (sub, files) in [
        ("aster", model.aster()),
        ("edited", edited.aster()),
        ("proto", model.proto()),
        ("capnp", model.capnp()),
        ("fbs", model.flatbuffers()),
    ] {
        for (path, text) in files {
            let path = folder.join(sub).join(path);
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}
