//! A small HTTP client: one request a connection, as bare as the wire, so that a test can send what no library would.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as text.
    pub(crate) text: String,
}

/// A request in the making.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    line: String,
    headers: String,
    body: String,
}

impl Request {
    /// Without a body, and with no header but `Connection`.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            line: format!("{method} {path} HTTP/1.1\r\n"),
            headers: "Connection: close\r\n".to_owned(),
            body: String::new(),
        }
    }

    /// One more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// With an access token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        let body = body.to_string();
        let length = body.len().to_string();
        Self { body, ..self.header("Content-Type", "application/json").header("Content-Length", &length) }
    }

    /// Sends it with a body that its headers tell of.
    pub(crate) async fn send_with(self, address: SocketAddr, body: &str) -> Answer {
        Self { body: body.to_owned(), ..self }.send(address).await
    }

    /// The bytes up to the body, and the body.
    pub(crate) fn parts(&self) -> (String, &str) {
        (format!("{}{}\r\n", self.line, self.headers), &self.body)
    }

    /// Sends it as it is and reads the answer.
    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        Answer::read(&mut self.sent(address).await).await
    }

    /// As [`Request::send`]; none when the connection ends without an answer.
    pub(crate) async fn send_into_the_dark(&self, address: SocketAddr) -> Option<Answer> {
        let mut stream = self.sent(address).await;
        let is_answered = stream.peek(&mut [0]).await.is_ok_and(|bytes| bytes > 0);
        if is_answered { Some(Answer::read(&mut stream).await) } else { None }
    }

    async fn sent(&self, address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        let (head, body) = self.parts();
        stream.write_all(head.as_bytes()).await.expect("it reads the head");
        // An answer may come before a long body is read.
        let _ = stream.write_all(body.as_bytes()).await;
        stream
    }
}

impl Answer {
    /// Reads to the end of the connection.
    ///
    /// # Panics
    /// When that is no answer of HTTP/1.1.
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer takes nothing from it.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).expect("our answers are text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "our answers have a length");
        Self { status: status.expect("a status line"), headers, text: body.to_owned() }
    }

    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A member of the body that is a text.
    ///
    /// # Panics
    /// When it is not there.
    pub(crate) fn member(&self, name: &str) -> String {
        let body = self.json();
        body[name].as_str().unwrap_or_else(|| panic!("no {name} in {} {body}", self.status)).to_owned()
    }

    /// The `code` of a problem; empty when it is none.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Every value of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(own, _)| own == name);
        values.map(|(_, value)| value.as_str()).collect()
    }
}
