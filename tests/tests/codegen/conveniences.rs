//! What generated types have besides their fields and their codec: how they are made, named and parsed.

use aster_runtime::codegen::v1::{SignedDuration, Timestamp};
use aster_tests::golden;
use golden::corners_tree::corners::recursion::{Large, Plan, PlanInit, Shape, Sized, Step};
use golden::fleet_tree::fleet::common::Level;
use golden::fleet_tree::fleet::control::{
    CONTROL_CONTRACT_ID, ControlClient, Outcome, Report, SHELL_CONTRACT_ID,
};
use golden::{hello_client, hello_server, hello_tree, hello_types};

#[test]
fn the_name_of_a_value_is_printed_and_parsed() {
    for level in Level::ALL {
        assert_eq!(level.to_string().parse(), Ok(*level));
    }
    assert_eq!(format!("{:>6}|", Level::Info), "  INFO|");
    let error = "LOUD".parse::<Level>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`LOUD` is no value of `fleet.common.Level`: it has `DEBUG`, `INFO`, `WARN`, `ERROR`"
    );
    assert_eq!(
        (error.found(), error.enumeration()),
        ("LOUD", "fleet.common.Level")
    );
    assert!("Info".parse::<Level>().is_err(), "the schema's name, not Rust's");
}

#[test]
fn a_union_is_made_from_what_only_one_case_holds() {
    let report = Report::new(3, SignedDuration::from_secs(1));
    assert_eq!(Outcome::from(report.clone()), Outcome::Done(report));
    assert_eq!(Outcome::from("no".to_owned()), Outcome::Failed("no".to_owned()));
    assert_eq!(Sized::from(7), Sized::Small(7));
    assert_eq!(Shape::from("circle".to_owned()), Shape::Name("circle".to_owned()));
}

#[test]
fn many_required_values_are_given_by_name() {
    let step = |text: &str| Step::new(text);
    let plan = Plan::new(PlanInit {
        name: "away".to_owned(),
        first: step("up"),
        second: step("down"),
        third: step("up again"),
        shape: Shape::Side(2),
        at: Timestamp::UNIX_EPOCH,
        within: SignedDuration::from_secs(9),
        steps: vec![step("last")],
    });
    assert_eq!((plan.tries, plan.note, plan.name.as_str()), (3, None, "away"));
    assert_eq!(plan.second.text, "down");
    assert_eq!(
        size_of::<Sized>(),
        2 * size_of::<usize>(),
        "`Large` has {}",
        size_of::<Large>()
    );
}

#[test]
fn the_contract_id_is_there_whatever_else_is() {
    assert_ne!(CONTROL_CONTRACT_ID, SHELL_CONTRACT_ID);
    assert_eq!(CONTROL_CONTRACT_ID, ControlClient::CONTRACT_ID);
    let known = hello_tree::hello::HELLO_CONTRACT_ID;
    assert_eq!(hello_client::hello::HELLO_CONTRACT_ID, known);
    assert_eq!(hello_client::hello::HelloClient::CONTRACT_ID, known);
    assert_eq!(hello_server::hello::HELLO_CONTRACT_ID, known);
    assert_eq!(hello_types::hello::HELLO_CONTRACT_ID, known);
}
