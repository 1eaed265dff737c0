//! The room of `examples/tokio.rs`, compiled here once more and talked in.
#![cfg(feature = "chat")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "sockets and a clock are what is tested")]

#[path = "../examples/tokio.rs"]
#[allow(dead_code, reason = "its `main` is for the command line")]
mod example;

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio::time::timeout;

struct Member(BufReader<TcpStream>);

impl Member {
    async fn says(&mut self, line: &str) {
        self.0.write_all(line.as_bytes()).await.unwrap();
    }

    /// Reads up to a line that begins so.
    async fn hears(&mut self, begins: &str) -> String {
        let mut before = String::new();
        let found = timeout(Duration::from_secs(30), async {
            loop {
                let mut line = String::new();
                assert!(self.0.read_line(&mut line).await.unwrap() > 0, "the end, after {before:?}");
                if line.starts_with(begins) {
                    return line;
                }
                before += &line;
            }
        });
        found.await.unwrap_or_else(|_| panic!("did not hear {begins:?}"))
    }
}

#[tokio::test]
async fn members_talk_and_leave() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let talk = async {
        let (mut ada, mut bob) = (
            Member(BufReader::new(TcpStream::connect(address).await.unwrap())),
            Member(BufReader::new(TcpStream::connect(address).await.unwrap())),
        );
        ada.says("/nick ada\n").await;
        ada.hears("-- you are now ada").await;
        bob.says("/nick bob\n").await;
        bob.hears("-- you are now bob").await;
        ada.hears("-- guest-2 is now bob").await;
        // Many at once: each arrives, in order.
        let lines: String = (0..100).map(|line| format!("line {line}\n")).collect();
        ada.says(&lines).await;
        for line in 0..100 {
            assert_eq!(bob.hears("<ada>").await, format!("<ada> line {line}\r\n"));
        }
        // A half-closed side is a goodbye, and what was on its way still comes.
        bob.says("and now to you").await;
        bob.says("\n").await;
        bob.0.get_mut().shutdown().await.unwrap();
        assert_eq!(ada.hears("<bob>").await, "<bob> and now to you\r\n");
        assert_eq!(ada.hears("-- bob left").await, "-- bob left\r\n");
        assert_eq!(bob.hears("-- bye").await, "-- bye\r\n");
        let mut rest = Vec::new();
        bob.0.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        // An error is answered before the end.
        ada.says("half a li").await;
        ada.0.get_mut().shutdown().await.unwrap();
        ada.hears("-! truncated:").await;
    };
    LocalSet::new()
        .run_until(async {
            tokio::select! {
                served = example::serve(listener) => panic!("{served:?}"),
                () = talk => {}
            }
        })
        .await;
}
