//! A small HTTP/1.1 client over one kept-alive connection.
//!
//! It tells apart what a sceptic must tell apart: a request that was never sent, and one that was sent and
//! got no answer. It never retries by itself.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

pub struct Client {
    addr: SocketAddr,
    timeout: Duration,
    stream: Option<BufReader<TcpStream>>,
    bearer: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// Nothing left this process.
    NotSent(io::Error),
    /// The server may have acted on it, or not.
    NoAnswer(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent(e) => write!(f, "the request was not sent: {e}"),
            Self::NoAnswer(e) => write!(f, "no answer to the request: {e}"),
        }
    }
}

impl std::error::Error for Failure {}

impl Answer {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as JSON if the status is 2xx, else what the server said.
    pub fn ok(&self) -> crate::Outcome<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.json());
        }
        Err(format!("status {}: {}", self.status, String::from_utf8_lossy(&self.body)).into())
    }
}

impl Client {
    pub fn new(addr: SocketAddr, bearer: Option<&str>) -> Self {
        Self { addr, timeout: Duration::from_secs(30), stream: None, bearer: bearer.map(str::to_owned) }
    }

    pub fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send("GET", path, &[], None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send("POST", path, &[], Some(body))
    }

    pub fn patch(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send("PATCH", path, &[], Some(body))
    }

    pub fn delete(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send("DELETE", path, &[], None)
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let text = request_text(method, path, self.bearer.as_deref(), headers, body);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect().map_err(Failure::NotSent)?,
        };
        stream.get_mut().write_all(&text).map_err(Failure::NoAnswer)?;
        let answer = read_answer(&mut stream).map_err(Failure::NoAnswer)?;
        self.stream = Some(stream);
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.addr, self.timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.timeout))?;
        Ok(BufReader::new(stream))
    }
}

/// One request as bytes, ready to be sent any number of times.
pub fn request_text(
    method: &str,
    path: &str,
    bearer: Option<&str>,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: keyward.test\r\n");
    if let Some(bearer) = bearer {
        text.push_str(&format!("authorization: Bearer {bearer}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str("content-type: application/json\r\n");
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

fn read_answer(stream: &mut impl BufRead) -> io::Result<Answer> {
    let line = read_line(stream)?;
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| broken(&line))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    let body = match length {
        _ if chunked => read_chunks(stream)?,
        Some(length) => read_exactly(stream, length)?,
        None => Vec::new(),
    };
    Ok(Answer { status, body })
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(|_| broken(&line))?;
        body.extend(read_exactly(stream, size)?);
        read_line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// One line without its end; empty at the end of the head.
fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(line.trim_end().to_owned())
}

fn broken(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not HTTP: {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_sized_and_a_chunked_answer() {
        let sized = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
        let answer = read_answer(&mut &sized[..]).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (201, &b"ok"[..]));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert_eq!(read_answer(&mut &chunked[..]).unwrap().body, b"ok");
    }

    #[test]
    fn a_cut_answer_is_no_answer() {
        let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf";
        assert!(read_answer(&mut &cut[..]).is_err());
    }
}
