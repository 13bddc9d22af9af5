//! The ready HTTPS client, against servers on loopback.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use latchkey_verifier::{Fetch as _, FetchError, FetchLimits, HttpsFetch};

const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_millis(300), max_bytes: 5 };

/// Answers one request with these bytes; `None` never answers.
fn server(answer: Option<&'static [u8]>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = vec![];
        for mut stream in listener.incoming().map_while(Result::ok) {
            if let Some(answer) = answer {
                let _ = stream.read(&mut [0; 4_096]);
                let _ = stream.write_all(answer);
            }
            if answer.is_none_or(|answer| answer.ends_with(b"..")) {
                open.push(stream);
            }
        }
    });
    address
}

async fn get(scheme: &str, address: SocketAddr) -> Result<(u16, Bytes), FetchError> {
    let request = Request::get(format!("{scheme}://{address}/")).body(Bytes::new()).unwrap();
    let answer = HttpsFetch::new().fetch(request, LIMITS).await?;
    Ok((answer.status().as_u16(), answer.into_body()))
}

#[tokio::test]
async fn an_answer_within_the_limits_is_read_whatever_its_status() {
    let answer = get("http", server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))).await;
    assert_eq!(answer.unwrap(), (200, Bytes::from_static(b"hello")));
    let moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(get("http", server(Some(moved))).await.unwrap().0, 302, "a redirect is not followed");
}

#[tokio::test]
async fn an_answer_over_a_limit_is_an_error() {
    let long = get("http", server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!"))).await;
    assert!(matches!(long, Err(FetchError::TooLong)), "{long:?}");
    let stalled = get("http", server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n.."))).await;
    assert!(matches!(stalled, Err(FetchError::TimedOut)), "{stalled:?}");
    let silent = get("http", server(None)).await;
    assert!(matches!(silent, Err(FetchError::TimedOut)), "{silent:?}");
    let broken = get("http", server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"))).await;
    assert!(matches!(broken, Err(FetchError::BrokeOff(_))), "{broken:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_speaks_no_tls_cannot_be_reached() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    assert!(matches!(get("http", closed).await, Err(FetchError::Connect(_))));
    let plain = server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert!(matches!(get("https", plain).await, Err(FetchError::Connect(_))));
}
