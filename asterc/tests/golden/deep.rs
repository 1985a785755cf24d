//! Types that are deep: each language's code takes time and memory by their length, not by a power of it.

use asterc::codegen::{Layout, Options, Sides, generate, generate_python, generate_typescript};
use asterc::contracts::contracts;
use asterc::driver::{self, Input, compile, disk::Disk};

const DEPTH: usize = 64;

#[test]
fn deep_types_are_generated_in_every_language() {
    let fields = [
        ("list<", ">"),
        ("list<", "?>"),
        ("map<string, ", ">"),
        ("map<string, ", "?>"),
        ("list<map<bool, ", ">?>"),
    ];
    let mut text = "package deep;\nmessage Leaf { at: int32 = 1; }\n".to_owned();
    for (number, (before, after)) in fields.iter().enumerate() {
        // two containers a piece
        let depth = if before.contains("map<bool") {
            DEPTH / 2
        } else {
            DEPTH
        };
        for (kind, inner) in ["int32", "Leaf"].iter().enumerate() {
            let ty = format!("{}{inner}{}", before.repeat(depth), after.repeat(depth));
            text.push_str(&format!("message M{number}x{kind} {{ value: {ty}; }}\n"));
        }
    }
    let input = Input::Text {
        name: "deep.aster".to_owned(),
        bytes: text.into_bytes(),
    };
    let compiled = compile(&[input], &driver::Options::default(), &Disk).unwrap();
    let report = compiled.human(false);
    let schema = compiled.schema.unwrap_or_else(|| panic!("{report}"));
    let contracts = contracts(&schema).unwrap();
    let made = [
        generate(&schema, &contracts, &Options::new(Layout::Tree)).unwrap(),
        generate_python(&schema, &contracts, Sides::BOTH).unwrap(),
        generate_typescript(&schema, &contracts).unwrap(),
    ];
    for files in made {
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        assert!((10_000..20_000_000).contains(&bytes), "{bytes}");
    }
}
