//! What a text may cost in memory, at most: counted in bytes that are held, never in time.

use crate::allocation::peak;
use crate::memory::compile_text;
use asterc::diagnostic::Code;
use asterc::source::MAX_FILE;

/// Words and marks of one declaration, at most.
const TOKENS: usize = 1 << 18;

/// What a compiled text is reported for, without repetitions, and the bytes that were held at once.
fn cost(text: String) -> (Vec<Code>, usize) {
    let (mut codes, held) = peak(|| {
        let compiled = compile_text(text);
        compiled
            .diagnostics
            .iter()
            .map(|one| one.code)
            .collect::<Vec<_>>()
    });
    codes.sort_unstable();
    codes.dedup();
    (codes, held)
}

/// `part` as often as it takes to get to `length`, between a head and a tail.
fn filled(head: &str, part: &str, tail: &str, length: usize) -> String {
    let count = (length - head.len() - tail.len() - "package a;\n".len()) / part.len();
    format!("package a;\n{head}{}{tail}", part.repeat(count))
}

/// Everything that can be repeated inside one declaration.
const REPEATED: [(&str, &str, &str); 14] = [
    ("", "@a ", "message M {}\n"),
    ("", "@a.b ", "message M {}\n"),
    ("", "@a() ", "message M {}\n"),
    ("@a.b(", "1,", "1) message M {}\n"),
    ("@a.b(", "a:[],", "b:1) message M {}\n"),
    ("@requires(any_of: [", "\"a\",", "]) service S {}\n"),
    ("message M {", "a:A;", "}\n"),
    ("message M { a: A", "?", "; }\n"),
    ("message M { a: list<int32> = [", "1,", "]; }\n"),
    ("message M { reserved ", "\"a\",", "\"b\"; }\n"),
    ("enum M {", "a=1;", "}\n"),
    ("union M {", "a:A=1;", "}\n"),
    ("service S {", "rpc a()->();", "}\n"),
    ("service S { rpc a(", "a:A,", ") -> (); }\n"),
];

#[test]
fn sixteen_megabytes_in_one_declaration_cost_a_few_times_their_size() {
    // One that has no statements, and one of nothing else.
    for at in [0, 10] {
        let (head, part, tail) = REPEATED[at];
        let (codes, held) = cost(filled(head, part, tail, MAX_FILE));
        assert_eq!(codes, [Code::DeclarationTooLarge], "{head}{part}");
        assert!(held < 12 * MAX_FILE, "{held} bytes for {head}{part}");
    }
}

#[test]
fn what_is_repeated_in_a_declaration_costs_little_for_each_time() {
    const TIMES: usize = 12_000;
    for (head, part, tail) in REPEATED {
        let (codes, held) = cost(filled(head, part, tail, TIMES * part.len()));
        assert!(!codes.contains(&Code::DeclarationTooLarge), "{head}{part}");
        assert!(held < TIMES * 2_048, "{held} bytes for {head}{part}");
    }
}

#[test]
fn what_follows_a_declaration_that_is_too_large_is_looked_at() {
    let values = |count: usize| {
        let values: String = (0..count).map(|n| format!("A{n} = {n};")).collect();
        format!("package a;\nenum A {{ {values} }}\nmessage M {{ a: A; b: Missing; a: int32; }}\n")
    };
    // `enum A {`, four for each value, and `}`.
    let (codes, _) = cost(values((TOKENS - 4) / 4));
    assert_eq!(codes, [Code::DuplicateField, Code::UnknownType]);
    let (codes, _) = cost(values(TOKENS / 4));
    assert_eq!(
        codes,
        [Code::DeclarationTooLarge, Code::DuplicateField, Code::UnknownType]
    );
}

#[test]
fn mistakes_by_the_ten_thousand_are_told_as_too_many() {
    for part in ["@a type A=bool;\n", "const A:A=1;\n", "message M{a:B;}\n"] {
        let text = filled("message N {}\n", part, "", 1 << 19);
        let bytes = text.len();
        let (codes, held) = cost(text);
        assert!(codes.contains(&Code::TooManyErrors), "{codes:?} for {part}");
        assert!(held < 160 * bytes, "{held} bytes for {bytes} of {part}");
    }
    let text = filled("message N {}\n", "message M{a:B;}\n", "", 1 << 18);
    let compiled = compile_text(text);
    assert_eq!(compiled.diagnostics.len(), 10_001);
    assert!(compiled.schema.is_none());
}
