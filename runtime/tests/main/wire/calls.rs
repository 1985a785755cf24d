//! The four patterns, frame by frame. Source: wire protocol, "A call".

use super::{AtHand, OK, Wire, ok};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, Text, text};
use aster_runtime::header::{StreamHeader, decode_response};
use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use iroh::endpoint::RecvStream;

/// What the first write of the other side held, as long as that fits one packet.
async fn first_chunk(receive: &mut RecvStream) -> Bytes {
    receive.read_chunk(usize::MAX).await.unwrap().unwrap()
}

/// The flags of whole frames.
fn flags(mut bytes: &[u8]) -> Vec<u8> {
    let mut flags = Vec::new();
    while let Some((prefix, rest)) = bytes.split_first_chunk::<5>() {
        let length = u32::from_le_bytes(prefix[..4].try_into().unwrap()) as usize;
        flags.push(prefix[4]);
        bytes = &rest[length - 1..];
    }
    assert!(bytes.is_empty(), "a frame is cut");
    flags
}

#[tokio::test]
async fn each_request_side_has_the_frames_of_the_table() {
    let hand = AtHand::new().await;
    let (one, none) = ([framed(0, &message("")), ok()].concat(), ok());
    let answer = async |bytes: &[u8]| {
        let mut wire = hand.accept().await;
        let head = wire.frame().await.unwrap().unwrap();
        assert_eq!(head.flags.value(), 0x04);
        let method = StreamHeader::decode(&head.payload).unwrap().method.into_owned();
        let flags = wire.flags().await;
        wire.write(bytes).await;
        wire.finish();
        (method, flags)
    };
    let (reply, told) = tokio::join!(hand.probe.echo("x").into_future(), answer(&one));
    assert_eq!((reply, told), (Ok(text("")), ("echo".to_owned(), vec![0x40])));

    let (reply, told) = tokio::join!(hand.probe.count(3).into_future(), answer(&none));
    assert_eq!(told, ("count".to_owned(), vec![0x40]));
    assert_eq!(reply.unwrap().try_collect::<Vec<_>>().await.unwrap().len(), 0);

    for count in [0usize, 3] {
        let items = stream::iter((0..count).map(|number| number.to_string()));
        let (reply, told) = tokio::join!(hand.probe.collect(items).into_future(), answer(&one));
        assert_eq!(reply, Ok(String::new()));
        assert_eq!(
            told,
            ("collect".to_owned(), vec![0x00; count]),
            "FIN ends the side"
        );
    }

    let (chat, told) = tokio::join!(
        async {
            let (mut send, receive) = hand.probe.chat().await.unwrap();
            for item in ["a", "b"] {
                send.send(item.to_owned()).await.unwrap();
            }
            send.finish();
            receive.try_collect::<Vec<_>>().await
        },
        answer(&none)
    );
    assert_eq!(chat.unwrap().len(), 0);
    assert_eq!(told, ("chat".to_owned(), vec![0x00, 0x00]));
    hand.close().await;
}

#[tokio::test]
async fn each_response_side_has_the_frames_of_the_table() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let ask = async |method: &str, requests: &[u8]| {
        let mut wire = Wire::call(&connection, &[&head(&header(method)), requests].concat()).await;
        wire.finish();
        wire.answer().await
    };
    let one = |item: &str| framed(0x40, &message(item));
    let answer = ask("echo", &one("x")).await;
    assert_eq!((answer.flags, answer.messages), (vec![0, 2], vec![message("x")]));
    let answer = ask("fail", &one("x")).await;
    assert_eq!((answer.flags, answer.trailer.code), (vec![2], 5));
    // the handler of `count` sets a header, which goes before everything, once
    let answer = ask("count", &one("3")).await;
    assert_eq!(answer.flags, [4, 0, 0, 0, 2]);
    let metadata = decode_response(&answer.header).unwrap();
    assert_eq!(metadata.iter().collect::<Vec<_>>(), [("kind", "count")]);
    assert_eq!(answer.trailer.metadata, [("sum".to_owned(), "yes".to_owned())]);
    let answer = ask("count", &one("0")).await;
    assert_eq!(answer.flags, [4, 2], "also where no message follows");
    let answer = ask("count", &one("none")).await;
    assert_eq!(
        (answer.flags, answer.trailer.code),
        (vec![4, 2], 3),
        "also where the call fails"
    );
    let answer = ask("collect", &[framed(0, &message("a")), one("b")].concat()).await;
    assert_eq!(
        (answer.flags, answer.messages),
        (vec![0, 2], vec![message("a,b")])
    );
    pair.close().await;
}

#[tokio::test]
async fn both_sides_of_a_bidirectional_call_interleave() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let mut wire = Wire::call(&connection, &head(&header("chat"))).await;
    for item in ["a", "b", "c"] {
        wire.write(&framed(0, &message(item))).await;
        let frame = wire.frame().await.unwrap().unwrap();
        assert_eq!(
            (frame.flags.value(), frame.payload),
            (0, message(&format!("<{item}>")).into())
        );
    }
    wire.finish();
    let answer = wire.answer().await;
    assert_eq!((answer.flags, answer.trailer.code), (vec![2], OK));
    pair.close().await;
}

#[tokio::test]
async fn header_and_unary_request_go_out_in_one_write_and_so_do_response_and_trailer() {
    let hand = AtHand::new().await;
    let (reply, ()) = tokio::join!(hand.probe.echo("x").into_future(), async {
        let mut wire = hand.accept().await;
        assert_eq!(flags(&first_chunk(&mut wire.receive).await), [0x04, 0x40]);
        wire.write(&[framed(0, &message("y")), ok()].concat()).await;
        wire.finish();
    });
    assert_eq!(reply.unwrap(), text("y"));
    hand.close().await;

    let pair = Pair::new().await;
    let connection = pair.raw().await;
    for (method, expected) in [("echo", vec![0x00, 0x02]), ("fail", vec![0x02])] {
        let request = [head(&header(method)), framed(0x40, &message("x"))].concat();
        let mut wire = Wire::call(&connection, &request).await;
        wire.finish();
        assert_eq!(flags(&first_chunk(&mut wire.receive).await), expected, "{method}");
        assert!(wire.receive.read_chunk(1).await.unwrap().is_none());
    }
    pair.close().await;
}

#[tokio::test]
async fn an_early_error_is_read_while_the_request_is_still_sent() {
    let hand = AtHand::new().await;
    let refuse = async || {
        let mut wire = hand.accept().await;
        wire.frame().await.unwrap().unwrap();
        // a later order would let the client know of the stop before the status
        wire.receive.stop(0u32.into()).unwrap();
        wire.write(&super::Trailer::new(5, "not here").frame()).await;
        wire.finish();
        wire
    };
    // noise, so that it stays as large as it is
    let mut large = vec![0; 8 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut large);
    let large: String = large.iter().map(|byte| char::from(32 + byte % 95)).collect();
    let (reply, _wire) = tokio::join!(hand.probe.echo(&large).into_future(), refuse());
    let status = reply.unwrap_err();
    assert_eq!((status.code().0, status.message()), (5, "not here"));

    let endless = stream::repeat(large[..100_000].to_owned());
    let (reply, _wire) = tokio::join!(hand.probe.collect(endless).into_future(), refuse());
    let status = reply.unwrap_err();
    assert_eq!((status.code().0, status.message()), (5, "not here"));

    let chat = async {
        let (mut send, mut receive) = hand.probe.chat().await.unwrap();
        let stopped = loop {
            if let Err(status) = send.send(large[..100_000].to_owned()).await {
                break status;
            }
        };
        (stopped, receive.message().await.unwrap_err())
    };
    let ((stopped, status), _wire) = tokio::join!(chat, refuse());
    assert_eq!(stopped.code().0, 1, "the responses say why: {stopped}");
    assert_eq!((status.code().0, status.message()), (5, "not here"));
    hand.close().await;
}

#[tokio::test]
async fn a_server_that_needs_no_more_of_a_request_stops_it_with_code_0() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let item = framed(0, &message(&"x".repeat(50_000)));
    // an unknown method is refused with its header; the handler of `collect` has enough
    for (method, first, code) in [("none", "x", 12), ("collect", "enough", OK)] {
        let mut wire = Wire::call(&connection, &head(&header(method))).await;
        wire.write(&framed(0, &message(first))).await;
        // more than any window holds: only a stop ends this
        while wire.send.write_all(&item).await.is_ok() {}
        assert_eq!(wire.stopped().await, Some(0), "{method}");
        assert_eq!(wire.answer().await.trailer.code, code, "{method}");
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;
}

#[tokio::test]
async fn each_option_of_a_call_reaches_the_header() {
    let hand = AtHand::new().await;
    let read = async || {
        let mut wire = hand.accept().await;
        let head = wire.frame().await.unwrap().unwrap().payload;
        let header = StreamHeader::decode(&head).unwrap();
        let metadata: Vec<_> = header
            .metadata
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            (&*header.service, header.version, header.mode, header.session),
            ("probe.Probe", 1, 0, 0)
        );
        assert_eq!(header.contract_id.unwrap().0, [7; 32]);
        (
            header.method.into_owned(),
            header.deadline_ms,
            metadata,
            header.call_id,
        )
    };
    let options = |method: &str, told: &(String, u64, Vec<String>, u64)| {
        assert_eq!(told.0, method);
        assert!((4000..=5000).contains(&told.1), "{}", told.1);
        assert_eq!(told.2, ["k=2", "k=1"], "in the order of the caller");
        told.3
    };
    let time = std::time::Duration::from_secs(5);
    let probe = &hand.probe;
    let mut ids = Vec::new();
    let unary = probe
        .echo("x")
        .deadline(time)
        .metadata("k", "2")
        .metadata("k", "1");
    let task = tokio::spawn(unary.into_future());
    ids.push(options("echo", &read().await));
    task.abort();
    let call = probe
        .count(1)
        .deadline(time)
        .metadata("k", "2")
        .metadata("k", "1");
    let task = tokio::spawn(call.into_future());
    ids.push(options("count", &read().await));
    task.abort();
    let call = probe.collect(stream::pending()).deadline(time);
    let task = tokio::spawn(call.metadata("k", "2").metadata("k", "1").into_future());
    ids.push(options("collect", &read().await));
    task.abort();
    let call = probe.chat().deadline(time).metadata("k", "2").metadata("k", "1");
    let (chat, told) = tokio::join!(call.into_future(), read());
    ids.push(options("chat", &told));
    drop(chat);
    ids.dedup();
    assert_eq!(ids.len(), 4, "each call has a number of its own: {ids:?}");
    hand.close().await;
}

#[tokio::test]
async fn a_response_comes_with_what_stood_before_and_behind_it() {
    let hand = AtHand::new().await;
    let serve = async {
        let mut wire = hand.accept().await;
        wire.flags().await;
        let trailer = super::Trailer {
            metadata: vec![("t".into(), "2".into()), ("t".into(), "1".into())],
            ..super::Trailer::default()
        };
        let header = framed(0x04, &super::response_header(&[("h", "2"), ("h", "1")]));
        wire.write(&[header, framed(0, &message("y")), trailer.frame()].concat())
            .await;
        wire.finish();
    };
    let (response, ()) = tokio::join!(hand.probe.echo("x").with_response(), serve);
    let response = response.unwrap();
    let Text(message) = response.message;
    assert_eq!(message, "y");
    assert_eq!(
        response.metadata.iter().collect::<Vec<_>>(),
        [("h", "2"), ("h", "1")]
    );
    assert_eq!(
        response.trailer.iter().collect::<Vec<_>>(),
        [("t", "2"), ("t", "1")]
    );
    hand.close().await;
}
