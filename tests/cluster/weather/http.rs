//! As much of HTTP/1.1 as the gate needs: whole messages, read and written.

use std::io::{self, Read};

/// A request or an answer.
pub(super) struct Message {
    head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// Returns the method and the path of a request.
    pub(super) fn asked(&self) -> (&str, &str) {
        let mut words = self.first().split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// Returns a request as it is sent on: without what says who sent it.
    pub(super) fn request(&self, host: &str) -> Vec<u8> {
        bytes(self.first(), &format!("Host: {host}\r\n{}", self.kept(&["accept", "content-type"])), &self.body)
    }

    /// Returns an answer as it is sent on.
    pub(super) fn answer(&self) -> Vec<u8> {
        bytes(self.first(), &self.kept(&["content-type", "retry-after"]), &self.body)
    }

    fn first(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn kept(&self, names: &[&str]) -> String {
        let line = |name: &&str| self.header(name).map(|value| format!("{name}: {value}\r\n"));
        names.iter().filter_map(line).collect()
    }
}

/// Returns a message with a body of known length; each header ends in a line's end.
pub(super) fn bytes(first: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut all = format!("{first}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    all.extend(body);
    all
}

/// Reads one message; `None` at the end of the connection.
pub(super) fn read(stream: &mut impl Read, is_request: bool) -> io::Result<Option<Message>> {
    let Some(head) = until(stream, b"\r\n\r\n")? else { return Ok(None) };
    let mut message = Message { head, body: Vec::new() };
    if message.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        message.body = chunks(stream)?;
        return Ok(Some(message));
    }
    let length = message.header("content-length").and_then(|length| length.parse().ok());
    match length {
        Some(length) => {
            message.body = vec![0; length];
            stream.read_exact(&mut message.body)?;
        }
        None if is_request => {}
        None => return Err(io::Error::other(format!("an answer without a length: {}", message.head))),
    }
    Ok(Some(message))
}

fn chunks(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = until(stream, b"\r\n")?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + length + 2, 0);
        stream.read_exact(&mut body[start..])?;
        body.truncate(start + length);
        if length == 0 {
            return Ok(body);
        }
    }
}

/// Reads up to and with some bytes; `None` if the connection ends before the first one.
fn until(stream: &mut impl Read, end: &[u8]) -> io::Result<Option<String>> {
    let mut found = Vec::new();
    let mut byte = [0];
    while !found.ends_with(end) {
        if stream.read(&mut byte)? == 0 {
            return if found.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        found.push(byte[0]);
    }
    Ok(Some(String::from_utf8_lossy(&found).into_owned()))
}
