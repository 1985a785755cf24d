//! A session service of the examples, over generated code at both ends.

use aster_runtime::codegen::v1::{Context, SessionContext, Status};
use aster_runtime::{Client, Code, Node, Server, SessionEnd};
use aster_tests::golden::fleet_tree::fleet::control::{
    CdRequest, Listing, LsRequest, Shell, ShellClient, ShellServer,
};
use std::sync::{Arc, Mutex};

/// Where each session is.
struct At {
    session: SessionContext,
    path: Mutex<String>,
}

impl At {
    fn new(session: &SessionContext) -> Self {
        Self {
            session: session.clone(),
            path: Mutex::new("/".to_owned()),
        }
    }
}

impl Shell for At {
    async fn cd(&self, request: CdRequest, context: &Context) -> Result<(), Status> {
        assert_eq!(context.session(), Some(self.session.id()));
        assert_eq!(context.peer(), self.session.peer());
        if request.path == "/root" {
            return Err(Status::permission_denied(request.path));
        }
        *self.path.lock().unwrap() = request.path;
        Ok(())
    }

    async fn ls(&self, _: LsRequest, _: &Context) -> Result<Listing, Status> {
        let path = self.path.lock().unwrap().clone();
        Ok(Listing::new(path, Vec::new()))
    }
}

#[tokio::test]
async fn a_shell_remembers_where_it_is_until_its_session_closes() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let ending = Arc::clone(&ended);
    let shell = ShellServer::per_session(At::new)
        .overlapping()
        .on_close(move |at, end| {
            let path = at.path.lock().unwrap().clone();
            ending.lock().unwrap().push((at.session.id(), path, end));
            std::future::ready(())
        });
    let (server_node, client_node) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let server = Server::builder(&server_node).add(shell).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    let client = Client::connect(&client_node, server_node.address())
        .await
        .unwrap();

    let (here, there) = (client.session(), client.session());
    let shells = (
        ShellClient::new(&here).unwrap(),
        ShellClient::new(&there).unwrap(),
    );
    shells.0.cd("/here").await.unwrap();
    shells.1.cd("/there").await.unwrap();
    assert_eq!(shells.0.ls().await.unwrap().path, "/here");
    assert_eq!(shells.1.ls().await.unwrap().path, "/there");
    let status = shells.0.cd("/root").await.unwrap_err();
    assert_eq!(status.code(), Code::PERMISSION_DENIED);
    assert_eq!(
        shells.0.ls().await.unwrap().path,
        "/here",
        "an error ends nothing"
    );

    here.close().await.unwrap();
    assert_eq!(
        *ended.lock().unwrap(),
        [(1, "/here".to_owned(), SessionEnd::Closed)]
    );
    assert_eq!(shells.0.ls().await.unwrap_err().code(), Code::NOT_FOUND);
    assert_eq!(shells.1.ls().await.unwrap().path, "/there");

    server_node.close().await;
    serving.await.unwrap();
    assert_eq!(
        ended.lock().unwrap()[1..],
        [(2, "/there".to_owned(), SessionEnd::Lost)]
    );
    let status = shells.1.ls().await.unwrap_err();
    assert_eq!(status.code(), Code::ABORTED);
    client_node.close().await;
}

#[tokio::test]
async fn a_shell_that_cannot_be_opened_refuses_the_call() {
    let shell = ShellServer::try_per_session(|session| async move {
        if session.id() == 1 {
            return Err(Status::unavailable("not yet"));
        }
        Ok(At::new(&session))
    });
    let (server_node, client_node) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let server = Server::builder(&server_node).add(shell).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    let client = Client::connect(&client_node, server_node.address())
        .await
        .unwrap();
    let [refused, opened] = [(); 2].map(|()| ShellClient::new(&client.session()).unwrap());
    assert_eq!(refused.ls().await.unwrap_err().code(), Code::UNAVAILABLE);
    assert_eq!(opened.ls().await.unwrap().path, "/");
    client_node.close().await;
    server_node.close().await;
    serving.await.unwrap();
}
