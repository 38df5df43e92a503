//! The messages of a server, as they pass in pieces of any size: a tag, four bytes of length that
//! count themselves, and the rest (PostgreSQL, 55.1.1).

use super::At;

/// Where in the stream of messages a connection is.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Bytes since the count began.
    position: u64,
    /// Messages of the tag that is looked for since the count began.
    messages: u64,
    /// The place that is looked for, once its message has begun.
    target: Option<u64>,
    /// What is there of the head of the message.
    head: Vec<u8>,
    /// Bytes that the message still has behind its head.
    rest: u64,
}

const HEAD: usize = 5;

impl Frames {
    /// Counts from here.
    pub(super) fn begin(&mut self) {
        self.position = 0;
        self.messages = 0;
        self.target = None;
    }

    /// Reads a piece, and finds the place in it.
    pub(super) fn read(&mut self, piece: &[u8], at: Option<At>) -> Option<usize> {
        let begin = self.position;
        if let Some(At::Byte(byte)) = at {
            self.target = Some(byte);
        }
        let mut left = piece;
        while let [first, ..] = left {
            if self.head.is_empty() && self.rest == 0 {
                self.message(*first, at);
            }
            let taken = if self.rest > 0 {
                let taken = usize::try_from(self.rest).map_or(left.len(), |n| n.min(left.len()));
                self.rest -= taken as u64;
                taken
            } else {
                let taken = (HEAD - self.head.len()).min(left.len());
                self.head.extend_from_slice(&left[..taken]);
                if let [_, a, b, c, d] = self.head[..] {
                    self.rest = u64::from(u32::from_be_bytes([a, b, c, d]).saturating_sub(4));
                    self.head.clear();
                }
                taken
            };
            self.position += taken as u64;
            left = &left[taken..];
        }
        let target = self.target.filter(|target| *target < self.position)?;
        self.target = None;
        usize::try_from(target.checked_sub(begin)?).ok()
    }

    /// A message begins.
    fn message(&mut self, tag: u8, at: Option<At>) {
        if let Some(At::Message {
            tag: wanted,
            number,
            byte,
        }) = at
            && tag == wanted
        {
            if self.messages == number {
                self.target = Some(self.position + byte);
            }
            self.messages += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows between other messages, and a place in them.
    #[track_caller]
    fn check(at: At, expected: Option<usize>) {
        let stream = b"1\0\0\0\x04D\0\0\0\x06abD\0\0\0\x09DDDDDZ\0\0\0\x05I";
        for size in 1..=stream.len() {
            let mut frames = Frames::default();
            let mut found = None;
            for (number, piece) in stream.chunks(size).enumerate() {
                let place = frames.read(piece, Some(at).filter(|_| found.is_none()));
                found = found.or(place.map(|place| number * size + place));
            }
            assert_eq!(found, expected, "{at:?} in pieces of {size}");
        }
    }

    #[test]
    fn a_place_is_found_however_the_pieces_fall() {
        let message = |tag, number, byte| At::Message { tag, number, byte };
        check(At::Byte(0), Some(0));
        check(At::Byte(27), Some(27));
        check(At::Byte(99), None);
        check(message(b'D', 0, 0), Some(5));
        check(message(b'D', 1, 0), Some(12));
        check(message(b'D', 1, 13), Some(25));
        check(message(b'D', 2, 0), None);
        check(message(b'Z', 0, 5), Some(27));
    }
}
