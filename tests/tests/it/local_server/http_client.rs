//! A small HTTP client with one request per connection and no checks, so that a test can send invalid HTTP.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A response as it was received.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as text.
    pub(crate) text: String,
}

/// A request that is being built.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    line: String,
    headers: String,
    body: String,
}

impl Request {
    /// A request without a body and with the header `Connection` only.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            line: format!("{method} {path} HTTP/1.1\r\n"),
            headers: "Connection: close\r\n".to_owned(),
            body: String::new(),
        }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Adds an access token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Adds a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        let body = body.to_string();
        let length = body.len().to_string();
        Self { body, ..self.header("Content-Type", "application/json").header("Content-Length", &length) }
    }

    /// Sends the request with this body. The caller sets the headers for it.
    pub(crate) async fn send_with(self, address: SocketAddr, body: &str) -> Answer {
        Self { body: body.to_owned(), ..self }.send(address).await
    }

    /// The request line with the headers, and the body.
    pub(crate) fn parts(&self) -> (String, &str) {
        (format!("{}{}\r\n", self.line, self.headers), &self.body)
    }

    /// Sends the request and reads the response.
    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        Answer::read(&mut self.connect_and_send(address).await).await
    }

    /// As [`Request::send`], but returns none when the connection ends without a response.
    pub(crate) async fn try_send(&self, address: SocketAddr) -> Option<Answer> {
        let mut stream = self.connect_and_send(address).await;
        let is_answered = stream.peek(&mut [0]).await.is_ok_and(|bytes| bytes > 0);
        if is_answered { Some(Answer::read(&mut stream).await) } else { None }
    }

    async fn connect_and_send(&self, address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        let (header_part, body) = self.parts();
        stream.write_all(header_part.as_bytes()).await.expect("the server reads the headers");
        // The server may respond before it has read a long body.
        let _ = stream.write_all(body.as_bytes()).await;
        stream
    }
}

impl Answer {
    /// Reads until the connection ends.
    ///
    /// # Panics
    /// When the bytes are not an HTTP/1.1 response.
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A connection reset after the response does no harm.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).expect("our answers are text");
        let (header_part, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an HTTP response: {text:?}"));
        let mut lines = header_part.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        assert!(
            !headers.iter().any(|(name, _)| name == "transfer-encoding"),
            "our responses have a content length"
        );
        Self { status: status.expect("a status line"), headers, text: body.to_owned() }
    }

    /// The body as JSON; null when it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A string member of the body.
    ///
    /// # Panics
    /// When the body has no such member.
    pub(crate) fn member(&self, name: &str) -> String {
        let body = self.json();
        body[name].as_str().unwrap_or_else(|| panic!("no {name} in {} {body}", self.status)).to_owned()
    }

    /// The `code` of a problem; empty for another body.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Every value of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(own, _)| own == name);
        values.map(|(_, value)| value.as_str()).collect()
    }
}
