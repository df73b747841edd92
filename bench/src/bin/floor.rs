//! The floor: what bare hyper on the same runtime does without being a product.
//!
//! POST and PUT copy the body into one buffer sized by `Content-Length`, keep it, and answer a constant 201 JSON.
//! DELETE forgets all and answers 204. `GET /json` answers constant JSON, any other GET constant bytes.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// Listens on a free port of the loopback interface and prints its URL.
#[derive(Parser)]
struct Options {
    /// Size of the JSON that an upload is answered with, in bytes
    #[arg(long, default_value_t = 400)]
    created_bytes: usize,
    /// Size of the JSON at `GET /json`, in bytes
    #[arg(long, default_value_t = 400)]
    json_bytes: usize,
    /// Size of what every other GET is answered with, in bytes
    #[arg(long, default_value_t = 20 * 1024)]
    download_bytes: usize,
}

struct Floor {
    kept: Mutex<Vec<Vec<u8>>>,
    created: Bytes,
    json: Bytes,
    download: Bytes,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // As src/main.rs of the product does.
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(serve(&options)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> std::io::Result<()> {
    let floor = Arc::new(Floor {
        kept: Mutex::default(),
        created: json_of(options.created_bytes),
        json: json_of(options.json_bytes),
        download: Bytes::from(vec![b'x'; options.download_bytes]),
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("floor listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream, Arc::clone(&floor)));
    }
}

/// JSON of exactly this size, or of the least that JSON takes.
fn json_of(bytes: usize) -> Bytes {
    Bytes::from(format!(r#"{{"pad":"{}"}}"#, "x".repeat(bytes.saturating_sub(10))))
}

async fn answer(stream: TcpStream, floor: Arc<Floor>) {
    let service = service_fn(move |request| {
        let floor = Arc::clone(&floor);
        async move { Ok::<_, Infallible>(floor.respond(request).await) }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        eprintln!("floor: {error}");
    }
}

impl Floor {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match *request.method() {
            Method::POST | Method::PUT => match self.keep(request.into_body()).await {
                Ok(()) => reply(StatusCode::CREATED, "application/json", self.created.clone()),
                Err(error) => reply(StatusCode::BAD_REQUEST, "text/plain", Bytes::from(error.to_string())),
            },
            Method::DELETE => {
                self.kept().clear();
                reply(StatusCode::NO_CONTENT, "text/plain", Bytes::new())
            }
            Method::GET if request.uri().path() == "/json" => {
                reply(StatusCode::OK, "application/json", self.json.clone())
            }
            Method::GET => reply(StatusCode::OK, "application/octet-stream", self.download.clone()),
            _ => reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain", Bytes::new()),
        }
    }

    async fn keep(&self, mut body: Incoming) -> hyper::Result<()> {
        let announced = usize::try_from(body.size_hint().exact().unwrap_or(0)).unwrap_or(0);
        let mut buffer = Vec::with_capacity(announced);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                buffer.extend_from_slice(&data);
            }
        }
        self.kept().push(buffer);
        Ok(())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reply(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
