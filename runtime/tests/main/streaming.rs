//! The three streaming patterns: order, ends, errors, flow control, cancellation.

use crate::support::{Pair, ProbeClient, Text, text};
use aster_runtime::Code;
use aster_runtime::codegen::v1;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

impl ProbeClient {
    pub(crate) fn count(&self, to: usize) -> v1::ServerStreamCall<String> {
        self.0.server_stream(5, text(to.to_string()), |Text(item)| item)
    }

    pub(crate) fn collect<S: Stream<Item = String> + Send + 'static>(
        &self,
        items: S,
    ) -> v1::ClientStreamCall<String> {
        self.0.client_stream(6, items, Text, |Text(all)| all)
    }

    pub(crate) fn chat(&self) -> v1::BidiCall<String, String> {
        self.0.bidi_stream(7, Text, |Text(item)| item)
    }
}

#[tokio::test]
async fn a_server_stream_arrives_in_order_with_its_metadata() {
    let pair = Pair::new().await;
    for count in [0, 1, 5000] {
        let mut items = pair.probe.count(count).await.unwrap();
        if count > 0 {
            assert_eq!(items.metadata().get("kind"), Some("count"));
        }
        assert!(items.trailer().is_none() || count < 2);
        let all: Vec<String> = (&mut items).try_collect().await.unwrap();
        assert_eq!(all.len(), count);
        assert!(
            all.iter()
                .enumerate()
                .all(|(index, item)| *item == index.to_string())
        );
        assert_eq!(
            items.trailer().and_then(|trailer| trailer.get("sum")),
            Some("yes")
        );
    }
    pair.close().await;
}

#[tokio::test]
async fn an_error_before_the_first_message_fails_the_call() {
    let pair = Pair::new().await;
    let call = pair
        .probe
        .0
        .server_stream(5, text("no number"), |Text(item)| item);
    // the handler has set a header, which may come first
    let status = match call.await {
        Ok(mut items) => items.message().await.unwrap_err(),
        Err(status) => status,
    };
    assert_eq!(status.code(), Code::INVALID_ARGUMENT);
    pair.close().await;
}

#[tokio::test]
async fn an_unread_stream_stops_its_sender_and_dropping_it_cancels_the_handler() {
    let pair = Pair::new().await;
    let mut items = pair.probe.count(usize::MAX).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), "0");
    assert_eq!(pair.probe.echo("beside").await.unwrap(), text("beside"));
    assert_eq!(pair.seen.dropped.load(Ordering::SeqCst), 0);
    drop(items);
    pair.seen.dropped(1).await;
    pair.close().await;
}

#[tokio::test]
async fn a_deadline_ends_a_stream() {
    let pair = Pair::new().await;
    let (mut send, mut receive) = pair.probe.chat().deadline(Duration::from_secs(1)).await.unwrap();
    send.send("a".into()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().as_deref(), Some("<a>"));
    let status = receive.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    assert_eq!(receive.message().await.unwrap(), None, "nothing follows the end");
    pair.seen.dropped(1).await;
    pair.close().await;
}

#[tokio::test]
async fn a_client_stream_is_collected() {
    let pair = Pair::new().await;
    for count in [0usize, 1, 3000] {
        let items = stream::iter((0..count).map(|number| number.to_string()));
        let all = pair.probe.collect(items).await.unwrap();
        assert_eq!(all.split(',').filter(|item| !item.is_empty()).count(), count);
    }
    pair.close().await;
}

#[tokio::test]
async fn a_server_may_answer_before_the_requests_end() {
    let pair = Pair::new().await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless =
        stream::iter(std::iter::once("enough".to_owned()).chain(std::iter::repeat("x".repeat(10_000))))
            .inspect(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
            });
    assert_eq!(pair.probe.collect(endless).await.unwrap(), "enough");
    assert!(taken.load(Ordering::SeqCst) < 100_000);
    pair.close().await;
}

#[tokio::test]
async fn dropping_an_upload_cancels_the_handler() {
    let pair = Pair::new().await;
    {
        let mut call = pair.probe.collect(stream::pending()).into_future();
        tokio::select! {
            _ = &mut call => panic!("the requests never end"),
            () = pair.seen.begun(1) => {}
        }
    }
    pair.seen.dropped(1).await;
    pair.close().await;
}

#[tokio::test]
async fn both_sides_of_a_chat_interleave() {
    let pair = Pair::new().await;
    let (mut send, mut receive) = pair.probe.chat().await.unwrap();
    for number in 0..100 {
        send.send(number.to_string()).await.unwrap();
        assert_eq!(receive.message().await.unwrap(), Some(format!("<{number}>")));
    }
    let large = "y".repeat(200_000);
    send.send(large.clone()).await.unwrap();
    assert_eq!(receive.message().await.unwrap(), Some(format!("<{large}>")));
    send.finish();
    assert_eq!(receive.message().await.unwrap(), None);
    assert!(receive.trailer().is_some());
    pair.close().await;
}

#[tokio::test]
async fn dropping_the_responses_of_a_chat_cancels_it() {
    let pair = Pair::new().await;
    let (send, receive) = pair.probe.chat().await.unwrap();
    pair.seen.begun(1).await;
    drop(receive);
    drop(send);
    pair.seen.dropped(1).await;
    assert_eq!(pair.probe.echo("next").await.unwrap(), text("next"));
    pair.close().await;
}

#[tokio::test]
async fn a_lost_connection_ends_streams_as_unavailable() {
    let pair = Pair::new().await;
    let (_send, mut receive) = pair.probe.chat().await.unwrap();
    pair.seen.begun(1).await;
    pair.server.shutdown(Duration::ZERO).await;
    let status = receive.message().await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE);
    pair.seen.dropped(1).await;
    pair.close().await;
}
