use super::*;
use crate::limits::Limits;
use crate::trust::{Claims, CredentialHash, Revocation, RootKey, Validity};
use log::Log;
use std::fs;

#[path = "../../../tests/main/log.rs"]
mod log;

const NODE: PeerId = PeerId([1; 32]);
const PEER: PeerId = PeerId([2; 32]);

fn root() -> RootKey {
    RootKey::from_bytes(&[7; 32])
}

fn hour() -> Validity {
    Validity::lasting(now().wall, Duration::from_secs(3600))
}

/// A node with a file of revocations, in which nothing stands.
fn mesh(folder: &Path) -> (PathBuf, Arc<Mesh>, Gate) {
    let path = folder.join("revocations");
    fs::write(&path, "").unwrap();
    let options = MeshOptions {
        root: Some(root().public()),
        revocations: Some(path.clone()),
        ..MeshOptions::default()
    };
    let mesh = options.open(NODE, None).unwrap();
    (
        path,
        Arc::new(mesh),
        Gate::new(None, Arc::default(), &Limits::default()),
    )
}

async fn show(mesh: &Arc<Mesh>) -> Result<Granted, Distrust> {
    present(mesh, hour()).await
}

async fn present(mesh: &Arc<Mesh>, validity: Validity) -> Result<Granted, Distrust> {
    let json = Claims::consumer(PEER, validity).sign(&root()).unwrap().to_json();
    mesh.judge(json, Purpose::Consumer, PEER).await
}

#[tokio::test]
async fn a_file_that_cannot_be_read_cuts_nobody_and_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mesh, gate) = mesh(folder.path());
    // one and the same credential: what begins a second later is none that was revoked
    let validity = hour();
    let show = |mesh| present(mesh, validity);
    gate.grant(show(&mesh).await.unwrap()).unwrap();
    let whole = Revocation::of_peer(&root(), PEER, validity.not_before)
        .unwrap()
        .to_json();
    let mut readable = true;
    // from a line that is half written to no file at all
    for length in (1..whole.len()).chain([0]) {
        match length {
            0 => fs::remove_file(&path).unwrap(),
            _ => fs::write(&path, &whole[..length]).unwrap(),
        }
        mesh.look(&gate, &mut readable).await;
        assert!(!readable && gate.admitted(&PEER).is_some(), "{length}");
        assert!(
            matches!(show(&mesh).await, Err(Distrust::Revocations(_))),
            "{length}"
        );
        assert!(
            matches!(mesh.admits().await, Err(Distrust::Revocations(_))),
            "{length}"
        );
    }
    fs::write(&path, &whole).unwrap();
    mesh.look(&gate, &mut readable).await;
    assert!(readable && gate.admitted(&PEER).is_none());
    let refused = show(&mesh).await.unwrap_err();
    assert!(
        matches!(refused, Distrust::Refused(CredentialRefusal::Revoked(_))),
        "{refused}"
    );
    assert!(mesh.admits().await.is_ok());
}

#[tokio::test]
async fn that_it_cannot_be_read_is_said_once_and_the_last_list_counts_meanwhile() {
    let (log, _guard) = Log::catch();
    let folder = tempfile::tempdir().unwrap();
    let (path, mesh, gate) = mesh(folder.path());
    let granted = show(&mesh).await.unwrap();
    let statement = Revocation::of_credential(&root(), granted.grounds.credential, 1).unwrap();
    let good = format!("{}\n", statement.to_json());
    fs::write(&path, &good).unwrap();
    let mut readable = true;
    mesh.look(&gate, &mut readable).await;
    let mut last = Arc::clone(&mesh.known().borrow());

    let damage = ["", "half a li", "{}\n"];
    for time in 1..=2 {
        for damage in damage {
            match damage {
                "" => fs::remove_file(&path).unwrap(),
                damage => fs::write(&path, format!("{good}{damage}")).unwrap(),
            }
            for _ in 0..5 {
                mesh.look(&gate, &mut readable).await;
            }
            assert!(last.len() == 1 && Arc::ptr_eq(&last, &mesh.known().borrow()));
        }
        let said = log.lines("no peer is admitted until the revocations can be read");
        assert_eq!(said.len(), time, "{said:?}");
        assert!(
            said[time - 1].starts_with("ERROR ") && said[time - 1].contains(&path.display().to_string()),
            "{said:?}"
        );
        fs::write(&path, &good).unwrap();
        for _ in 0..5 {
            mesh.look(&gate, &mut readable).await;
        }
        let said = log.lines("the revocations can be read again: peers are admitted");
        assert!(said.len() == time && said[0].starts_with("INFO "), "{said:?}");
        last = Arc::clone(&mesh.known().borrow());
    }

    // it was verified before it was revoked
    fs::remove_file(&path).unwrap();
    mesh.look(&gate, &mut readable).await;
    let refused = gate.grant(granted).unwrap_err();
    assert!(matches!(refused, GrantError::ByMesh(_)), "{refused}");
}

#[tokio::test]
async fn what_is_revoked_between_the_check_and_the_grant_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mesh, gate) = mesh(folder.path());
    let granted = show(&mesh).await.unwrap();
    let hash: CredentialHash = granted.grounds.credential;
    let statement = Revocation::of_credential(&root(), hash, 1).unwrap();
    fs::write(&path, statement.to_json()).unwrap();
    mesh.look(&gate, &mut true).await;
    let refused = gate.grant(granted).unwrap_err();
    assert!(matches!(refused, GrantError::ByMesh(_)), "{refused}");
    assert!(gate.admitted(&PEER).is_none());
}

#[tokio::test]
async fn work_that_blocks_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mesh, _) = mesh(folder.path());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let (begun, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let blocked: Vec<_> = (0..2 * AT_ONCE)
        .map(|_| {
            let (mesh, held, begun) = (Arc::clone(&mesh), Arc::clone(&held), begun.clone());
            tokio::spawn(async move {
                let work = move |_: &Mesh| {
                    begun.send(()).unwrap();
                    let _ = held.lock().unwrap().recv();
                    Ok(())
                };
                mesh.blocking(work).await
            })
        })
        .collect();
    for _ in 0..AT_ONCE {
        seen.recv().await.unwrap();
    }
    assert!(mesh.at_once.available_permits() == 0 && seen.try_recv().is_err());
    // who gave up frees nothing before its work is done
    blocked[0].abort();
    tokio::task::yield_now().await;
    assert_eq!(mesh.at_once.available_permits(), 0);
    drop(release);
    for task in blocked.into_iter().skip(1) {
        task.await.unwrap().unwrap();
    }
    assert_eq!(mesh.at_once.available_permits(), AT_ONCE);
}
