//! The load: kept-alive connections of one thread, with requests that are ready as bytes.
//!
//! `closed`: every connection asks again as soon as it was answered; for throughput and CPU per request.
//! `open`: requests come when chance says, whether or not earlier ones were answered; for latency, counted
//! from the moment a request was due, so that a slow server cannot hide behind fewer questions.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use super::machine;
use crate::{Outcome, cases::Cases};

pub const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(200);

/// Whom to ask what.
pub struct Aim<'a> {
    pub addr: SocketAddr,
    pub pid: u32,
    /// Appends the next request.
    pub next: &'a mut dyn FnMut(&mut Vec<u8>),
    /// Must be in the body of every answer.
    pub expect: &'a str,
}

#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub per_s: f64,
    pub cpu_us: f64,
}

pub fn closed(aim: &mut Aim<'_>, time: Duration) -> Outcome<Sample> {
    let mut lines = connect(aim.addr)?;
    for line in &mut lines {
        line.ask(aim)?;
    }
    turn(&mut lines, aim, WARM_UP)?;
    let (cpu, started) = (machine::cpu_seconds(aim.pid)?, Instant::now());
    let answered = turn(&mut lines, aim, time)?;
    let (cpu, wall) = (machine::cpu_seconds(aim.pid)? - cpu, started.elapsed().as_secs_f64());
    let answered = answered.max(1) as f64;
    Ok(Sample { per_s: answered / wall, cpu_us: cpu * 1e6 / answered })
}

/// Takes answers in turn and asks again at once: all other connections keep the server busy meanwhile.
fn turn(lines: &mut [Line], aim: &mut Aim<'_>, time: Duration) -> Outcome<u64> {
    let (end, mut answered) = (Instant::now() + time, 0);
    while Instant::now() < end {
        for line in lines.iter_mut() {
            while !line.take_answer(aim.expect)? {}
            line.ask(aim)?;
            answered += 1;
        }
    }
    Ok(answered)
}

/// Latencies in microseconds, sorted, at `per_s` requests a second.
pub fn open(aim: &mut Aim<'_>, per_s: f64, time: Duration, cases: &mut Cases) -> Outcome<Vec<f64>> {
    let mut lines = connect(aim.addr)?;
    for line in &mut lines {
        line.stream.set_nonblocking(true)?;
    }
    let mut free: Vec<usize> = (0..lines.len()).collect();
    let mut busy: Vec<(usize, Instant)> = Vec::new();
    let (mut due, mut waiting, mut taken) = (Instant::now(), VecDeque::new(), Vec::new());
    let (begin, end) = (due + WARM_UP, due + WARM_UP + time);
    loop {
        let now = Instant::now();
        while due <= now && due < end {
            waiting.push_back(due);
            due += Duration::from_secs_f64(-(1.0 - cases.unit()).ln() / per_s);
        }
        while let (Some(&at), Some(&line)) = (waiting.front(), free.last()) {
            lines[line].ask(aim)?;
            busy.push((line, at));
            waiting.pop_front();
            free.pop();
        }
        let mut at = 0;
        while let Some(&(line, asked)) = busy.get(at) {
            if lines[line].take_answer(aim.expect)? {
                if asked >= begin {
                    taken.push(asked.elapsed().as_nanos() as f64 / 1e3);
                }
                busy.swap_remove(at);
                free.push(line);
            } else {
                at += 1;
            }
        }
        if now > end && busy.is_empty() && waiting.is_empty() {
            taken.sort_by(f64::total_cmp);
            return Ok(taken);
        }
    }
}

fn connect(addr: SocketAddr) -> Outcome<Vec<Line>> {
    (0..CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            Ok(Line { stream, request: Vec::with_capacity(1024), answer: vec![0; 1 << 16], filled: 0 })
        })
        .collect()
}

/// One connection with at most one question open.
struct Line {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    filled: usize,
}

impl Line {
    fn ask(&mut self, aim: &mut Aim<'_>) -> Outcome<()> {
        self.request.clear();
        (aim.next)(&mut self.request);
        Ok(self.stream.write_all(&self.request)?)
    }

    /// Reads once; true when the answer is whole. Anything but 200 with the expected body is an error.
    fn take_answer(&mut self, expect: &str) -> Outcome<bool> {
        let room = self.answer.get_mut(self.filled..).unwrap_or_default();
        match self.stream.read(room) {
            Ok(0) => return Err("the server closed the connection, or the answer is too long".into()),
            Ok(n) => self.filled += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(e) => return Err(e.into()),
        }
        let got = self.answer.get(..self.filled).unwrap_or_default();
        let Some(whole) = whole_answer(got) else { return Ok(false) };
        if !got.starts_with(b"HTTP/1.1 200") || !contains(got, expect.as_bytes()) {
            return Err(format!("unexpected answer: {}", String::from_utf8_lossy(got)).into());
        }
        if whole != self.filled {
            return Err("more than one answer to one question".into());
        }
        self.filled = 0;
        Ok(true)
    }
}

/// Its length, once head and body are there.
fn whole_answer(got: &[u8]) -> Option<usize> {
    let head = position(got, b"\r\n\r\n")? + 4;
    let text = got.get(..head)?;
    // As Rust's servers write it, and as Node's do.
    let at = position(text, b"content-length: ").or_else(|| position(text, b"Content-Length: "))? + 16;
    let digits = text.get(at..)?.iter().take_while(|b| b.is_ascii_digit());
    let body = digits.fold(0usize, |n, b| n * 10 + usize::from(b - b'0'));
    (got.len() >= head + body).then_some(head + body)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    position(text, part).is_some()
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::whole_answer;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";
        assert_eq!(whole_answer(answer), Some(answer.len()));
        assert_eq!(whole_answer(&answer[..answer.len() - 1]), None);
        assert_eq!(whole_answer(b"HTTP/1.1 200 OK\r\n"), None);
        let node = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
        assert_eq!(whole_answer(node), Some(node.len()));
    }
}
