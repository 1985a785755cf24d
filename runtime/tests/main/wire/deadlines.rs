//! How long calls may take. Source: wire protocol, "Deadline".

use super::service::{ODD, Odd, SOON_CHAT, SOON_STREAM, SOON_UPLOAD, TELL};
use super::{AtHand, Wire, ok};
use crate::garbage::{framed, head, header, message};
use crate::support::{PROBE, Pair, ProbeClient, text};
use aster_runtime::Code;
use aster_runtime::codegen::v1;
use aster_runtime::header::StreamHeader;
use futures_util::stream;
use std::time::Duration;

const DEADLINE_EXCEEDED: u64 = 4;

/// The deadline in the header of the next call, in milliseconds.
async fn told(hand: &AtHand) -> u64 {
    let head = hand.accept().await.frame().await.unwrap().unwrap().payload;
    StreamHeader::decode(&head).unwrap().deadline_ms
}

/// The probe, of which one method has another `@timeout`.
fn with_timeout(hand: &AtHand, method: usize, time: Duration) -> ProbeClient {
    let mut methods = PROBE.methods.to_vec();
    methods[method].timeout = Some(time);
    let info = v1::ServiceInfo {
        methods: methods.leak(),
        ..PROBE.clone()
    };
    ProbeClient(v1::Stub::new(&hand.client, Box::leak(Box::new(info))).unwrap())
}

#[tokio::test]
async fn a_header_has_the_time_left_of_the_call_the_method_or_the_client() {
    let hand = AtHand::new().await;
    let probe = &hand.probe;
    let minute = 59_000..=60_000u64;
    let task = tokio::spawn(probe.echo("x").into_future());
    let default = told(&hand).await;
    assert!(minute.contains(&default), "a unary call has 60 s: {default}");
    task.abort();
    let impatient = with_timeout(&hand, 9, Duration::from_secs(20));
    let task = tokio::spawn(impatient.unary(9, "x").into_future());
    let own = told(&hand).await;
    let its = 19_000..=20_000u64;
    assert!(its.contains(&own), "or the `@timeout` of its method: {own}");
    task.abort();
    for call in [impatient.unary(9, "x"), probe.echo("x")] {
        let task = tokio::spawn(call.deadline(Duration::from_secs(3)).into_future());
        let explicit = told(&hand).await;
        assert!(
            (2000..=3000).contains(&explicit),
            "or what the call says: {explicit}"
        );
        task.abort();
    }
    for stream in [false, true] {
        let (items, upload) = (probe.count(1), probe.collect(stream::pending()));
        let task = if stream {
            tokio::spawn(async { drop(items.await) })
        } else {
            tokio::spawn(async { drop(upload.await) })
        };
        assert_eq!(told(&hand).await, 0, "a stream has none");
        task.abort();
    }
    hand.close().await;
}

#[tokio::test]
async fn a_call_whose_deadline_has_passed_is_never_sent() {
    let hand = AtHand::new().await;
    let probe = &hand.probe;
    let none = Duration::ZERO;
    let mut codes = vec![probe.echo("x").deadline(none).await.unwrap_err().code()];
    codes.push(probe.count(1).deadline(none).await.unwrap_err().code());
    codes.push(
        probe
            .collect(stream::pending())
            .deadline(none)
            .await
            .unwrap_err()
            .code(),
    );
    codes.push(probe.chat().deadline(none).await.unwrap_err().code());
    assert_eq!(codes, [Code::DEADLINE_EXCEEDED; 4]);
    // of the streams that were opened for them, nothing is sent
    let (reply, ()) = tokio::join!(probe.echo("y").into_future(), async {
        loop {
            let mut wire = hand.accept().await;
            match wire.frame().await {
                Err(1) => {}
                Ok(Some(head)) => {
                    let header = StreamHeader::decode(&head.payload).unwrap();
                    assert!(header.deadline_ms > 50_000, "that is the next call");
                    wire.write(&[framed(0, &message("y")), ok()].concat()).await;
                    return wire.finish();
                }
                other => panic!("{other:?}"),
            }
        }
    });
    assert_eq!(reply.unwrap(), text("y"));
    hand.close().await;
}

/// A header for the odd service.
pub(super) fn odd(method: usize, deadline_ms: u64) -> StreamHeader<'static> {
    StreamHeader {
        service: ODD.name.into(),
        version: ODD.version,
        contract_id: Some(ODD.contract_id),
        deadline_ms,
        ..header(ODD.methods[method].name)
    }
}

#[tokio::test]
async fn the_server_counts_from_the_header_and_cuts_at_24_hours() {
    let odd_pair = Odd::new().await;
    let connection = odd_pair.pair.raw().await;
    let day = 24 * 3600 * 1000u64;
    for (deadline_ms, least, most) in [
        (0, None, None),
        (60_000, Some(50_000), Some(60_000)),
        (day, Some(day - 10_000), Some(day)),
        (day + 60_000, Some(day - 10_000), Some(day)),
        (u64::MAX, Some(day - 10_000), Some(day)),
    ] {
        let request = [head(&odd(TELL, deadline_ms)), framed(0x40, &message(""))].concat();
        let mut wire = Wire::call(&connection, &request).await;
        let answer = wire.answer().await;
        let said = String::from_utf8_lossy(&answer.messages[0]).into_owned();
        let Some((least, most)) = least.zip(most) else {
            assert!(said.contains("None"), "{said}");
            continue;
        };
        let (_, seconds) = said.split_once("Some(").unwrap();
        let seconds: f64 = seconds.split_once("s)").unwrap().0.parse().unwrap();
        let left = Duration::from_secs_f64(seconds);
        let range = Duration::from_millis(least)..=Duration::from_millis(most);
        assert!(range.contains(&left), "{deadline_ms}: {left:?}");
    }
    odd_pair.close().await;
}

#[tokio::test]
async fn the_server_ends_a_call_at_its_deadline_whatever_the_client_does() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    for (number, method) in [(1, "hang"), (2, "chat")] {
        let header = StreamHeader {
            deadline_ms: 20,
            ..header(method)
        };
        let request = [
            head(&header),
            framed(if number == 1 { 0x40 } else { 0 }, &message("a")),
        ]
        .concat();
        let mut wire = Wire::call(&connection, &request).await;
        let answer = wire.answer().await;
        assert_eq!(answer.trailer.code, DEADLINE_EXCEEDED, "{method}");
        assert!(answer.trailer.message.contains("at the server"));
        pair.seen.dropped(number).await;
    }
    // also while the request is still to come
    let header = StreamHeader {
        deadline_ms: 20,
        ..header("echo")
    };
    let mut wire = Wire::call(&connection, &head(&header)).await;
    assert_eq!(wire.answer().await.trailer.code, DEADLINE_EXCEEDED);
    assert_eq!(wire.stopped().await, Some(0));
    pair.close().await;
}

#[tokio::test]
async fn unary_handlers_have_a_limit_of_the_server_and_streams_have_none() {
    let pair = Pair::with(|limits| limits.unary_time = Duration::from_millis(50)).await;
    let (mut send, mut receive) = pair.probe.chat().await.unwrap();
    let connection = pair.raw().await;
    let mut wire = Wire::call(
        &connection,
        &[head(&header("hang")), framed(0x40, &message(""))].concat(),
    )
    .await;
    assert_eq!(
        wire.answer().await.trailer.code,
        DEADLINE_EXCEEDED,
        "without any deadline"
    );
    // the chat began before the call that has just run out of time
    send.send("a".to_owned()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().as_deref(), Some("<a>"));
    pair.close().await;
}

#[tokio::test]
async fn a_timeout_of_a_streaming_method_bounds_the_time_to_the_first_message() {
    let mut odd = Odd::new().await;
    let status = odd.server_stream(SOON_STREAM, "").await.unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    odd.dropped().await;
    let (_send, mut receive) = odd.bidi(SOON_CHAT).await.unwrap();
    assert_eq!(
        receive.message().await.unwrap_err().code(),
        Code::DEADLINE_EXCEEDED
    );
    // both ends are still there
    odd.dropped().await;
    let upload = odd.stub.client_stream(
        SOON_UPLOAD,
        stream::pending::<String>(),
        text,
        |crate::support::Text(out)| out,
    );
    assert_eq!(upload.await.unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    odd.dropped().await;
    odd.close().await;
}

#[tokio::test]
async fn after_the_first_message_a_stream_takes_its_time() {
    let hand = AtHand::new().await;
    // long enough for the first message, whatever else the machine does
    let time = Duration::from_secs(2);
    let call = with_timeout(&hand, 5, time).count(1);
    let (mut items, mut wire) = tokio::join!(async { call.await.unwrap() }, async {
        let mut wire = hand.accept().await;
        let head = wire.frame().await.unwrap().unwrap().payload;
        assert_eq!(
            StreamHeader::decode(&head).unwrap().deadline_ms,
            0,
            "the server is not told"
        );
        wire.write(&framed(0, &message("a"))).await;
        wire
    });
    assert_eq!(items.message().await.unwrap().as_deref(), Some("a"));
    let next = tokio::time::timeout(time * 3 / 2, items.message()).await;
    assert!(next.is_err(), "nothing ends it: {next:?}");
    wire.write(&[framed(0, &message("b")), ok()].concat()).await;
    wire.finish();
    assert_eq!(items.message().await.unwrap().as_deref(), Some("b"));
    hand.close().await;
}
