//! How long a server takes from its start to its first answer.

use std::io::{BufRead, BufReader, Error, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;

/// Starts a server that prints its address, asks it once, and stops it, over and over. Prints the times in milliseconds
/// from before the start to the whole answer, smallest first, as a JSON array.
#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 30)]
    times: usize,
    /// What is asked for
    #[arg(long, default_value = "/")]
    path: String,
    /// The server
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match (0..options.times).map(|_| measure(&options)).collect::<Result<Vec<_>, _>>() {
        Ok(mut times) => {
            times.sort_unstable();
            let shown: Vec<_> = times.iter().map(|time| format!("{:.3}", time.as_secs_f64() * 1e3)).collect();
            println!("[{}]", shown.join(","));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("ready: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<Duration, Error> {
    let started = Instant::now();
    let mut server = Command::new(&options.command[0])
        .args(&options.command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let answered = first_answer(&mut server, &options.path).map(|()| started.elapsed());
    server.kill()?;
    server.wait()?;
    answered
}

/// Asks at the address in the first line that the server prints.
fn first_answer(server: &mut Child, path: &str) -> Result<(), Error> {
    let mut line = String::new();
    if let Some(stdout) = server.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let (_, address) = line.trim().split_once("http://").ok_or_else(|| Error::other("no address was printed"))?;
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 2") { Ok(()) } else { Err(Error::other("the answer is not 2xx")) }
}
