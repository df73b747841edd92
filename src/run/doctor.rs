//! `tracker-mock doctor`: by which way the requests of a command came, or why none did.

use std::collections::BTreeMap;
use std::ffi::OsString;

use tracker_mock::{GatewayReport, RequestRecord, Via};

/// What a kind of client does, by the beginning of the name of its program.
struct ClientKind {
    programs: &'static [&'static str],
    /// Why it may not come to the proxy.
    ignores_proxy: &'static str,
    /// Why it may not trust the certificate.
    distrusts: &'static str,
}

const KINDS: [ClientKind; 6] = [
    ClientKind {
        programs: &["python", "pytest", "uv", "poetry", "tox"],
        ignores_proxy: "aiohttp ignores HTTPS_PROXY unless its session has trust_env=True; requests, httpx and urllib use it.",
        distrusts: "An SSL context or verify= in the code comes before SSL_CERT_FILE and REQUESTS_CA_BUNDLE.",
    },
    ClientKind {
        programs: &["node", "npm", "npx", "yarn", "pnpm"],
        ignores_proxy: "fetch and https of Node ignore HTTPS_PROXY before version 24, which reads NODE_USE_ENV_PROXY.",
        distrusts: "A ca in the options of the code comes before NODE_EXTRA_CA_CERTS.",
    },
    ClientKind {
        programs: &["java", "mvn", "gradle"],
        ignores_proxy: "A ProxySelector or a proxy in the code comes before JAVA_TOOL_OPTIONS.",
        distrusts: "A trust store in the code or in javax.net.ssl.trustStore of the command comes before JAVA_TOOL_OPTIONS.",
    },
    ClientKind {
        programs: &["go"],
        ignores_proxy: "A Transport without Proxy: http.ProxyFromEnvironment ignores HTTPS_PROXY.",
        distrusts: "RootCAs in the code come before SSL_CERT_FILE, and macOS and Windows ignore it.",
    },
    ClientKind {
        programs: &["deno", "bun"],
        ignores_proxy: "A client with a proxy of its own ignores HTTPS_PROXY.",
        distrusts: "Deno reads DENO_CERT and Bun NODE_EXTRA_CA_CERTS, unless the code names certificates.",
    },
    ClientKind {
        programs: &[],
        ignores_proxy: "The client ignores HTTPS_PROXY, or has another name for it.",
        distrusts: "The client ignores SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, or has its own certificates.",
    },
];

/// What works whatever a client ignores.
const INSTEAD: &str = "Give the client the base URL in TRACKER_MOCK_URL, under the name that it reads: \
                       tracker-mock run --env NAME={url} -- COMMAND\n\
                       Or let nothing else be reached, on Linux: tracker-mock run --sealed -- COMMAND";

/// What is known of a run of `command`, for people.
pub(super) fn diagnosis(command: &[OsString], requests: &[RequestRecord], gateway: &GatewayReport) -> String {
    let mut lines = Vec::new();
    let mut say = |line: &str| lines.push(line.to_owned() + "\n");
    let mut ways: BTreeMap<(Via, &str), usize> = BTreeMap::new();
    for request in requests {
        let agent = request.headers.get("user-agent").map_or("no User-Agent", String::as_str);
        *ways.entry((request.via, agent)).or_default() += 1;
    }
    say(match requests.len() {
        0 => "No request arrived.",
        1 => "1 request arrived:",
        _ => "Requests arrived:",
    });
    for ((via, agent), count) in &ways {
        let lever = if via.proxy { "by HTTPS_PROXY" } else { "by the address of the server, as in TRACKER_MOCK_URL" };
        let tls = if via.tls { "over TLS" } else { "without TLS" };
        let protocol = if via.http2 { "HTTP/2" } else { "HTTP/1" };
        say(&format!("  {count} {lever}, {tls}, in {protocol}: {agent}"));
    }
    let kind = kind_of(command);
    let GatewayReport { passed, refused, distrusted, unused, .. } = gateway;
    let without_trust = distrusted + unused;
    if without_trust > 0 && (*distrusted > 0 || requests.is_empty()) {
        say(&format!("Connections on which the certificate was refused: {without_trust}. {}", kind.distrusts));
    } else if requests.is_empty() {
        say(&format!("Nothing came to the proxy for the real host either. {}", kind.ignores_proxy));
    }
    if requests.is_empty() {
        say(INSTEAD);
    }
    if *passed > 0 {
        say(&format!("Connections to other hosts that were not refused: {passed}."));
    }
    if !refused.is_empty() {
        let hosts: Vec<&str> = refused.keys().map(String::as_str).collect();
        say(&format!("Refused: {}.", hosts.join(", ")));
    }
    lines.concat()
}

fn kind_of(command: &[OsString]) -> &'static ClientKind {
    let program = command.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    let [kinds @ .., other] = &KINDS;
    kinds.iter().find(|kind| kind.programs.iter().any(|program| name.starts_with(program))).unwrap_or(other)
}
