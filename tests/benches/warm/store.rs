//! A store that answers as the engine did, without its work.
//!
//! It forwards the first call of each operation to the engine, and answers every later call of this operation with the
//! same bytes. So a refresh of one token succeeds any number of times, and the store costs next to nothing.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The answers by operation, for example `DynamoDB_20120810.UpdateItem`.
type Answers = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// Serves on a free loopback port until the process ends, and returns the address.
pub(crate) async fn start(engine: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let answers = Answers::default();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, engine, Arc::clone(&answers)));
        }
    });
    Ok(address)
}

/// Answers the requests of a connection until the function closes it.
async fn serve(stream: TcpStream, engine: SocketAddr, answers: Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = read_message(&mut stream).await?;
        if request.bytes.is_empty() {
            return Ok(());
        }
        let known = answers.lock().expect("no thread panics with the lock").get(&request.operation).cloned();
        let answer = match known {
            Some(answer) => answer,
            None => {
                let mut engine = BufReader::new(TcpStream::connect(engine).await?);
                engine.write_all(&request.bytes).await?;
                let answer = read_message(&mut engine).await?.bytes;
                let mut answers = answers.lock().expect("no thread panics with the lock");
                answers.entry(request.operation).or_insert(answer).clone()
            }
        };
        stream.write_all(&answer).await?;
    }
}

/// A request or a response, as it was sent. It is empty at the end of a connection.
#[derive(Default)]
struct Message {
    bytes: Vec<u8>,
    operation: String,
}

async fn read_message(stream: &mut BufReader<TcpStream>) -> io::Result<Message> {
    let (mut message, mut length) = (Message::default(), 0);
    loop {
        let start = message.bytes.len();
        if stream.read_until(b'\n', &mut message.bytes).await? <= 2 {
            break;
        }
        let line = String::from_utf8_lossy(&message.bytes[start..]).into_owned();
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "x-amz-target" => value.trim().clone_into(&mut message.operation),
            _ => {}
        }
    }
    let head = message.bytes.len();
    message.bytes.resize(head + length, 0);
    stream.read_exact(&mut message.bytes[head..]).await?;
    Ok(message)
}
