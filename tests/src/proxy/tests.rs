//! The proxy itself, before a server that says always the same.

use super::*;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};

/// What the server says to whoever has said one byte: three messages, of 8, 7 and 6 bytes.
const SAID: &[u8] = b"S\0\0\0\x07xyzD\0\0\0\x06abZ\0\0\0\x05I";

/// How a connection ended for who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    Silence,
}

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(name: &str) -> (Proxy, Place) {
    let folder = std::env::temp_dir().join(format!("proxy-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || talk(stream.unwrap()));
        }
    });
    (Proxy::to(path), Place(folder))
}

fn talk(mut stream: UnixStream) {
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|n| n == 1) {
        if byte[0] == b'q' || stream.write_all(SAID).is_err() {
            return;
        }
    }
}

/// What one connection hears of one question. What is expected may take its time; it is silent where nothing comes
/// for a moment behind that.
fn ask(proxy: &Proxy, expected: &[u8], end: End) -> (Vec<u8>, End) {
    let mut stream = std::net::TcpStream::connect(proxy.address()).unwrap();
    let _ = stream.write_all(b"?");
    let mut heard = Vec::new();
    let mut hear = |patience, most| {
        stream.set_read_timeout(Some(patience)).unwrap();
        (&mut stream).take(most).read_to_end(&mut heard)
    };
    let patience = match end {
        End::Silence => MOMENT,
        End::Closed | End::Reset => PATIENCE,
    };
    let first = hear(PATIENCE, expected.len() as u64);
    let end = match first.and_then(|_| hear(patience, u64::MAX)) {
        Ok(_) => End::Closed,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => End::Reset,
        Err(_) => End::Silence,
    };
    (heard, end)
}

const PATIENCE: Duration = Duration::from_secs(20);
const MOMENT: Duration = Duration::from_millis(300);

#[test]
fn each_fault_is_what_it_says() {
    let (proxy, _place) = start("faults");
    let z = At::Message {
        tag: b'Z',
        number: 0,
        byte: 5,
    };
    let flipped = [&SAID[..20], b"T"].concat();
    for (fault, heard, end) in [
        (None, SAID, End::Silence),
        (Some(Fault::Cut(At::Byte(0))), &SAID[..0], End::Closed),
        (Some(Fault::Cut(At::Byte(3))), &SAID[..3], End::Closed),
        (Some(Fault::Cut(row(0))), &SAID[..8], End::Closed),
        (Some(Fault::Cut(row(1))), SAID, End::Silence),
        (Some(Fault::Reset(At::Byte(0))), &SAID[..0], End::Reset),
        (Some(Fault::HalfClose(z)), &SAID[..20], End::Closed),
        (Some(Fault::BlackHole(row(0))), &SAID[..8], End::Silence),
        (Some(Fault::Flip(z, b'I' ^ b'T')), &flipped, End::Silence),
        (
            Some(Fault::Delay(Duration::from_millis(20))),
            SAID,
            End::Silence,
        ),
        (Some(Fault::Throttle(1000)), SAID, End::Silence),
        (Some(Fault::Refuse), &SAID[..0], End::Closed),
        (Some(Fault::Silent), &SAID[..0], End::Silence),
    ] {
        match fault {
            Some(fault) => proxy.set(fault),
            None => proxy.heal(),
        }
        for time in 0..2 {
            let (found, how) = ask(&proxy, heard, end);
            // One that was refused may have been reset, since nobody read the question.
            let is_end = how == end || fault == Some(Fault::Refuse) && how == End::Reset;
            assert!(is_end, "{fault:?}, {time}: {how:?}");
            assert_eq!(found, heard, "{fault:?}, {time}");
        }
    }
    proxy.set_once(Fault::Cut(At::Byte(3)));
    for (heard, end) in [(&SAID[..3], End::Closed), (SAID, End::Silence)] {
        assert_eq!(ask(&proxy, heard, end), (heard.to_vec(), end));
    }
    assert_eq!(proxy.hits(), 1);
}

#[test]
fn an_open_connection_gets_the_fault_and_what_is_in_a_hole_stays_there() {
    let (proxy, _place) = start("hole");
    let mut stream = std::net::TcpStream::connect(proxy.address()).unwrap();
    let mut heard = [0; SAID.len()];
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"?").unwrap();
    stream.read_exact(&mut heard).unwrap();
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    let mut is_silent = || {
        stream.write_all(b"?").unwrap();
        let heard = stream.read(&mut heard);
        heard.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    proxy.set(Fault::BlackHole(At::Byte(0)));
    assert!(is_silent());
    proxy.heal();
    assert!(is_silent());
    assert_eq!(ask(&proxy, SAID, End::Silence).0, SAID);
    drop(stream);
    let since = std::time::Instant::now();
    while proxy.open() > 0 {
        assert!(since.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}
