//! A schema as it grows: fifteen edits, each checked against the lock file of the step before, as CI does it.

use crate::{asterc, folder};
use serde_json::Value;
use std::fs;

const FIRST: &str = r#"//! Parcels and where they are.
package post;

enum State {
  NEW = 0;
  MOVING = 1;
}

message Parcel {
  id: string;
  state: State = NEW;
  weight: float64;
}

message Position {
  parcel: string;
  place: string;
}

@requires(role: "clerk")
service Post {
  @timeout(5s)
  rpc find(id: string) -> Parcel?;

  rpc follow(id: string) -> stream Position;
}

service Depot {
  rpc store(Parcel) -> ();
}
"#;

/// What is replaced by what; the exit status; the change, its line and verdict; the services whose ids change.
struct Edit {
    from: &'static str,
    to: &'static str,
    status: i32,
    change: &'static str,
    line: u64,
    verdict: &'static str,
    services: &'static [&'static str],
}

const EDITS: [Edit; 15] = [
    Edit {
        from: "/! Parcels",
        to: "/! All parcels",
        status: 0,
        change: "",
        line: 0,
        verdict: "",
        services: &[],
    },
    Edit {
        from: "  id: string;\n  state: State = NEW;\n",
        to: "  state: State = NEW;\n  id: string;\n",
        status: 0,
        change: "",
        line: 0,
        verdict: "",
        services: &[],
    },
    Edit {
        from: "= NEW",
        to: "= MOVING",
        status: 0,
        change: "default-changed",
        line: 10,
        verdict: "nothing",
        services: &[],
    },
    Edit {
        from: "  weight: float64;\n",
        to: "  weight: float64;\n  note: string?;\n",
        status: 3,
        change: "field-added",
        line: 13,
        verdict: "adaptable",
        services: &["post.Depot", "post.Post"],
    },
    Edit {
        from: "  place: string;",
        to: "  @was(\"place\") town: string;",
        status: 3,
        change: "field-renamed",
        line: 18,
        verdict: "adaptable",
        services: &["post.Post"],
    },
    Edit {
        from: "  MOVING = 1;\n",
        to: "  MOVING = 1;\n  LOST = 2;\n",
        status: 3,
        change: "value-added",
        line: 7,
        verdict: "manual",
        services: &["post.Depot", "post.Post"],
    },
    Edit {
        from: "weight: float64",
        to: "weight: int32",
        status: 3,
        change: "field-type-changed",
        line: 13,
        verdict: "manual",
        services: &["post.Depot", "post.Post"],
    },
    Edit {
        from: "@timeout(5s)",
        to: "@timeout(9s)",
        status: 3,
        change: "timeout-changed",
        line: 24,
        verdict: "adaptable",
        services: &["post.Post"],
    },
    Edit {
        from: "role: \"clerk\"",
        to: "any_of: [\"clerk\", \"guest\"]",
        status: 3,
        change: "requires-changed",
        line: 22,
        verdict: "adaptable",
        services: &["post.Post"],
    },
    Edit {
        from: "service Depot {\n",
        to: "service Depot {\n  rpc empty() -> int32;\n",
        status: 3,
        change: "method-added",
        line: 31,
        verdict: "adaptable",
        services: &["post.Depot"],
    },
    Edit {
        from: "rpc follow(id: string) ->",
        to: "rpc follow(id: string, from: timestamp?) ->",
        status: 3,
        change: "field-added",
        line: 27,
        verdict: "adaptable",
        services: &["post.Post"],
    },
    Edit {
        from: "message Position",
        to: "message Unused {}\n\nmessage Position",
        status: 0,
        change: "type-added",
        line: 17,
        verdict: "nothing",
        services: &[],
    },
    Edit {
        from: "message Parcel {",
        to: "@was(\"Parcel\")\nmessage Packet {",
        status: 3,
        change: "type-renamed",
        line: 11,
        verdict: "source",
        services: &["post.Depot", "post.Post"],
    },
    Edit {
        from: "  rpc empty() -> int32;\n",
        to: "",
        status: 3,
        change: "method-removed",
        line: 33,
        verdict: "manual",
        services: &["post.Depot"],
    },
    Edit {
        from: "service Depot",
        to: "@scope(session)\nservice Depot",
        status: 3,
        change: "scope-changed",
        line: 33,
        verdict: "manual",
        services: &["post.Depot"],
    },
];

#[test]
fn fifteen_edits_have_their_status_cause_and_verdicts() {
    let folder = folder(&[("post.aster", FIRST)]);
    let path = folder.path();
    assert_eq!(asterc(path, &["lock", "post.aster"]).0, 0);
    let mut text = FIRST.to_owned();
    for (number, edit) in (1..).zip(EDITS) {
        assert_eq!(text.matches(edit.from).count(), 1, "edit {number}");
        text = text.replace(edit.from, edit.to);
        if edit.change == "type-renamed" {
            text = text
                .replace("-> Parcel?", "-> Packet?")
                .replace("store(Parcel)", "store(Packet)");
        }
        fs::write(path.join("post.aster"), &text).unwrap();

        let (status, out, err) = asterc(path, &["check", "--locked", "post.aster", "--format", "json"]);
        assert_eq!((status, err.as_str()), (edit.status, ""), "edit {number}\n{out}");
        // what differs without any drift is told by a comparison alone
        let (_, out, _) = asterc(path, &["diff", "aster.lock", "post.aster", "--format", "json"]);
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let changes: Vec<&Value> = lines.iter().filter(|line| line["change"].is_string()).collect();
        let differ: Vec<&str> = lines
            .iter()
            .filter(|line| line["differs"] == true)
            .map(|line| line["service"].as_str().unwrap())
            .collect();
        assert_eq!(differ, edit.services, "edit {number}");
        if edit.change.is_empty() {
            assert!(changes.is_empty(), "edit {number}\n{out}");
        } else {
            let [change] = changes.as_slice() else {
                panic!("edit {number}\n{out}");
            };
            assert_eq!(change["change"], edit.change, "edit {number}");
            assert_eq!(change["line"], edit.line, "edit {number}\n{out}");
            assert_eq!(change["verdict"], edit.verdict, "edit {number}");
            assert_eq!(change["contract_id_changes"], status == 3, "edit {number}");
            if status == 3 {
                assert_eq!(
                    change["services"],
                    serde_json::json!(edit.services),
                    "edit {number}"
                );
            }
            let loosened = edit.change == "requires-changed";
            assert_eq!(change["security"].is_string(), loosened, "edit {number}\n{out}");
        }
        assert_eq!(asterc(path, &["lock", "post.aster"]).0, 0, "edit {number}");
        assert_eq!(
            asterc(path, &["check", "--locked", "post.aster"]),
            (0, String::new(), String::new())
        );
    }
}
