//! A tiny address database of the MaxMind format, written by the tests themselves.
//!
//! *Source*: MaxMind DB File Format Specification 2.0: a search tree of 24-bit records, 16 zero bytes, the
//! data, then a marker and the metadata.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A value of the data section.
#[derive(Clone, Debug)]
pub enum Value {
    /// UTF-8 text.
    Text(&'static str),
    /// A double.
    Double(f64),
    /// A 16-bit number.
    U16(u16),
    /// A 32-bit number.
    U32(u32),
    /// A 64-bit number.
    U64(u64),
    /// A map.
    Map(Vec<(&'static str, Value)>),
    /// A list.
    List(Vec<Value>),
}

#[derive(Clone, Copy)]
enum Record {
    Empty,
    Node(usize),
    Data(usize),
}

/// Writes an IPv4 database of networks and their records.
///
/// # Panics
/// If the directory cannot be written to.
pub fn write(directory: &Path, networks: &[(Ipv4Addr, u8, Value)]) -> PathBuf {
    let (mut nodes, mut data) = (vec![[Record::Empty; 2]], vec![]);
    for (address, prefix, value) in networks {
        insert(&mut nodes, u32::from(*address), *prefix, data.len());
        encode(value, &mut data);
    }
    let mut file: Vec<u8> =
        nodes.iter().flatten().flat_map(|record| record_bytes(*record, nodes.len())).collect();
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    encode(&metadata(nodes.len()), &mut file);
    let path = directory.join("places.mmdb");
    std::fs::write(&path, file).expect("the directory of a test can be written to");
    path
}

fn insert(nodes: &mut Vec<[Record; 2]>, address: u32, prefix: u8, data: usize) {
    let mut node = 0;
    for depth in 0..prefix {
        let bit = (address >> (31 - depth) & 1) as usize;
        if depth + 1 == prefix {
            nodes[node][bit] = Record::Data(data);
        } else if let Record::Node(next) = nodes[node][bit] {
            node = next;
        } else {
            nodes.push([Record::Empty; 2]);
            nodes[node][bit] = Record::Node(nodes.len() - 1);
            node = nodes.len() - 1;
        }
    }
}

fn record_bytes(record: Record, nodes: usize) -> [u8; 3] {
    let number = match record {
        Record::Empty => nodes,
        Record::Node(index) => index,
        Record::Data(offset) => nodes + 16 + offset,
    };
    let bytes = u32::try_from(number).expect("a test's database is small").to_be_bytes();
    [bytes[1], bytes[2], bytes[3]]
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => with_head(2, text.len(), out, |out| out.extend(text.as_bytes())),
        Value::Double(number) => with_head(3, 8, out, |out| out.extend(number.to_be_bytes())),
        Value::U16(number) => with_head(5, 2, out, |out| out.extend(number.to_be_bytes())),
        Value::U32(number) => with_head(6, 4, out, |out| out.extend(number.to_be_bytes())),
        Value::U64(number) => with_head(9, 8, out, |out| out.extend(number.to_be_bytes())),
        Value::Map(members) => with_head(7, members.len(), out, |out| {
            for (name, member) in members {
                encode(&Value::Text(name), out);
                encode(member, out);
            }
        }),
        Value::List(list) => {
            with_head(11, list.len(), out, |out| list.iter().for_each(|entry| encode(entry, out)))
        }
    }
}

/// The control byte: type in three bits (or, from 8 on, in a byte of its own) and a size under 29.
fn with_head(kind: u8, size: usize, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let size = u8::try_from(size).ok().filter(|size| *size < 29).expect("values of a test are short");
    if kind < 8 {
        out.push(kind << 5 | size);
    } else {
        out.extend([size, kind - 7]);
    }
    body(out);
}

fn metadata(nodes: usize) -> Value {
    Value::Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(1_790_000_000)),
        ("database_type", Value::Text("Latchkey-Test")),
        ("description", Value::Map(vec![("en", Value::Text("made by a test"))])),
        ("ip_version", Value::U16(4)),
        ("languages", Value::List(vec![Value::Text("en")])),
        ("node_count", Value::U32(u32::try_from(nodes).expect("small"))),
        ("record_size", Value::U16(24)),
    ])
}
