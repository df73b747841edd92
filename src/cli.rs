//! The command line: how it is read, and what the commands do.

pub(crate) mod options;
pub(crate) mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;
use tracker_mock::testing::nearest;
use tracker_mock::{Config, FixtureSource, TrackerMock};

pub(crate) use self::options::Serve;
use crate::coverage_command::Coverage;
use crate::env_command::Env;
use crate::names::Names;
use crate::record::Recorder;
use crate::run::Run;
use crate::run::sealed::Seal;
use crate::tail::Tail;
use crate::torture::Torture;
use crate::verify::Verify;

const NAME: &str = env!("CARGO_PKG_NAME");

/// What the names of all variables begin with.
const VARIABLES: &str = "TRACKER_MOCK_";

/// Where `run` and `env` say that the server is.
const URL_VARIABLE: &str = "TRACKER_MOCK_URL";

/// `--tls` beside a command.
const HTTPS: &str =
    "Be the real hosts for the command, by a proxy with TLS, of a certificate authority made for this run";

/// `--env` of `record`, which has no organisation of its own.
const FOR_RECORD: &str =
    "One more variable for the command; {url}, {host}, {port}, {ca} and {bundle} are replaced; may be repeated";

/// The options that `-h` shows: those that most people need.
const USUAL: [&str; 7] = ["host", "port", "fixtures", "require_known_token", "max_file_size", "level", "format"];

const EXAMPLES: &str = "\
Examples:
  tracker-mock                            at http://127.0.0.1:8080
  tracker-mock --port 0                   on any free port
  tracker-mock --fixtures world.json      with a world of your own
  tracker-mock --max-file-size 1MiB       to see what a client does with 413
  tracker-mock run -- pytest              for one command, on a free port
  tracker-mock coverage --fail-under 80   what clients never tried, for CI

Each option has a variable: --max-file-size is TRACKER_MOCK_MAX_FILE_SIZE.
Sizes are bytes, or have a unit, as 20MiB; times always have one: ms, s, m, h.

The control plane is below /_mock: GET /_mock/requests?org=ID shows what came,
PUT /_mock/faults?org=ID makes requests fail, POST /_mock/reset?org=ID starts
afresh, and GET /_mock/openapi.json describes all of it.";

/// A local stand-in for the attachment endpoints of the Yandex Tracker API.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "All options, examples and the control plane: tracker-mock --help",
    after_long_help = EXAMPLES
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve, as without a command
    Serve(Box<Serve>),
    /// Run a command with a server of its own
    ///
    /// Starts a server on a free port, runs the command, stops, and exits with the code of the command; where that is 0,
    /// with 1, 2 or 3 as the options say, or 2 if it could not do what it was asked to.
    #[command(mut_args(of_command))]
    Run(Box<Run>),
    /// A step of `run --sealed`
    #[command(hide = true)]
    Seal(Seal),
    /// Disturb each upload of a command, and judge what it makes of it
    ///
    /// Runs the command twice without faults, and then once for each thing that can happen to a call that uploads or
    /// attaches a file. Exits 0, or 1 if a verdict is worse than --tolerate, or 2 if the experiment could not be done.
    #[command(mut_args(of_command))]
    Torture(Box<Torture>),
    /// Give a command files with awkward names, and judge what it sends
    ///
    /// `{file}` among the words of the command stands for the path of the file. Exits 0, or 1 if a verdict is worse than
    /// --tolerate, or 2 if the experiment could not be done.
    #[command(mut_args(of_command))]
    Names(Box<Names>),
    /// Write down what the real service answers to a command, as shapes without values
    ///
    /// Stands between the command and the service, passes everything on, and writes a line for each exchange. Exits with
    /// the code of the command, or 2 if it could not do what it was asked to.
    #[command(mut_args(of_command), mut_arg("variables", |variables| variables.help(FOR_RECORD)))]
    Record(Box<Recorder>),
    /// Compare recorded answers of the real service with those of tracker-mock
    ///
    /// Sends the recorded requests to a world of its own, or with --live the same requests to a live server and to itself.
    /// Exits 0, or 1 if an answer differs or nothing could be compared, or 2 if it could not be done.
    Verify(Box<Verify>),
    /// Ask a server for its health
    ///
    /// Exits 0 if it answers, else 1.
    Healthcheck {
        /// The server, as HOST:PORT, http://HOST:PORT or https://HOST:PORT [default: that of `TRACKER_MOCK_URL`, or else the
        /// one of this container, or else that of `TRACKER_MOCK_HOST` and `TRACKER_MOCK_PORT` on this machine]
        address: Option<String>,
        /// Wait until it answers, for at most this long, for instance 10s
        #[arg(long, value_name = "TIME", value_parser = values::time)]
        wait: Option<Duration>,
    },
    /// Print what clients reached of the API
    ///
    /// Exits 0, or 1 if it is less than --fail-under, or 2 if the server cannot be asked.
    Coverage(Coverage),
    /// Print requests as they come
    ///
    /// The last ten, then each as it ends, with its deviations below it, until the server ends.
    Tail(Tail),
    /// Print the variables that lead clients to a server
    ///
    /// As in: eval "$(tracker-mock env)". Of a server with --tls, also those for its proxy and its certificate.
    Env(Env),
    /// Say how the requests of a command come here, or why not
    ///
    /// Runs the command as run --https does. Exits 0 if a request arrived, else 1, or 2 if the command cannot be run.
    Doctor {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Check a file of fixtures
    ///
    /// Exits 0 if a server would start with it, else 1, and says all that is wrong with it.
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print the embedded fixtures
    Fixtures,
    /// Print the JSON Schema of fixtures
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// The command that it is about [default: all of the program]
        command: Option<String>,
    },
}

/// An option of the server, as the commands that start one have it.
fn of_command(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "port" => option.default_value("0"),
        "level" => option.default_value("off"),
        "tls" => option.long("https").alias("tls").help(HTTPS),
        _ => option,
    }
}

/// The commands that take the options of a server.
const WITH_OPTIONS: [&str; 5] = ["serve", "run", "torture", "names", "record"];

/// The command line with the variables around it. One that is empty counts as unset.
fn command() -> clap::Command {
    let is_short = std::env::args_os().any(|word| word == "-h");
    let adapted = move |arg: Arg| {
        let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        let is_usual = USUAL.contains(&arg.get_id().as_str()) || arg.get_env().is_none();
        let hides_values = is_short && arg.get_action().takes_values();
        let arg = arg.hide_env(is_short).hide_possible_values(hides_values).hide_short_help(!is_usual);
        if is_empty { arg.env(None) } else { arg }
    };
    let command = Cli::command().mut_args(adapted);
    WITH_OPTIONS.iter().fold(command, |command, name| command.mut_subcommand(name, |sub| sub.mut_args(adapted)))
}

impl Cli {
    /// Reads the words of a command line. What is wrong with a variable is said of the variable, not of the option.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.into_iter().collect();
        let read = |command: clap::Command| Self::from_arg_matches(&command.try_get_matches_from(&words)?);
        read(command()).map_err(|mut error| {
            let without = |command: clap::Command| command.mut_args(|arg| arg.env(None));
            let bare = WITH_OPTIONS.iter().fold(without(command()), |bare, name| bare.mut_subcommand(name, without));
            let is_of_variable = read(bare).err().is_none_or(|other| other.to_string() != error.to_string());
            if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
                && is_of_variable
            {
                let option = option.split(' ').next().unwrap_or_default().trim_start_matches('-');
                let variable = VARIABLES.to_owned() + &option.to_uppercase().replace('-', "_");
                error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
            }
            error
        })
    }
}

/// What a doctor runs: a run with TLS.
pub(crate) fn doctor(command: Vec<OsString>) -> Result<Run, clap::Error> {
    let words = [NAME, "run", "--https", "--"].map(OsString::from);
    match Cli::read(words.into_iter().chain(command))?.command {
        Some(Command::Run(run)) => Ok(*run),
        _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
    }
}

/// What clap says of a wrong command line, in one line.
pub(crate) fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let message = text.split("\n\nUsage").next().unwrap_or(&text).split("\n\nFor more").next().unwrap_or(&text);
    // One option that would do is no choice.
    let message = message
        .replace("<--tls>", "--tls")
        .replace("\n\n  tip: ", "; ")
        .replace("value was not a boolean", "write true or false");
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// A sentence for each variable that looks like one of the program's and is none.
pub(crate) fn unknown_variables() -> Vec<String> {
    let command = Cli::command();
    let known: Vec<&str> =
        command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()?.strip_prefix(VARIABLES)).collect();
    // What a run tells its command, which may be one of ours, and what is set for the packages and in CI.
    let known: Vec<&str> = known.into_iter().chain(["URL", "ORG", "TOKEN", "BIN", "IMAGE"]).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let said = names.filter_map(|name| {
        let upper = name.to_uppercase();
        let rest = upper.strip_prefix(VARIABLES).filter(|rest| name != upper || !known.contains(rest))?;
        let hint = nearest(rest, known.iter().copied());
        let hint = hint.map_or_else(String::new, |meant| format!("; did you mean {VARIABLES}{meant}?"));
        Some(format!("the variable {name} is not known and has no effect{hint}"))
    });
    said.collect()
}

/// The completions of a shell.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page of the program or of one of its commands, as `man` reads it.
pub(crate) fn manual(of: Option<&str>) -> Result<String, clap::Error> {
    // The page ends with the examples under a name of their own, line by line.
    let mut command =
        Cli::command().disable_help_subcommand(true).after_help(None::<&str>).after_long_help(None::<&str>);
    command.build();
    let manual = |command: clap::Command| Man::new(command).source(concat!("tracker-mock ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    if let Some(name) = of {
        let known = command.find_subcommand(name).cloned();
        let unknown = || command.error(ErrorKind::InvalidSubcommand, format!("there is no command '{name}'"));
        manual(known.ok_or_else(unknown)?).render(&mut page)?;
    } else {
        manual(command).render(&mut page)?;
        let examples = EXAMPLES.trim_start_matches("Examples:\n").replace('-', "\\-");
        page.extend(format!(".SH EXAMPLES\n.nf\n{examples}\n.fi\n").bytes());
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Loads fixtures as a server does.
pub(crate) fn check(file: PathBuf) -> ExitCode {
    let mut config = Config::default();
    config.fixtures = FixtureSource::File(file);
    match TrackerMock::builder().config(config).router() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => crate::failed(&error.to_string()),
    }
}

/// Asks a server for its health.
pub(crate) async fn healthcheck(address: Option<String>, wait: Option<Duration>) -> ExitCode {
    let address = match address_or_default(address.as_deref()) {
        Ok(address) => address,
        Err(error) => return crate::failed(&one_line(&error)),
    };
    let until = Instant::now() + wait.unwrap_or_default();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = if wait.is_some() { HEALTHCHECK_TIMEOUT.min(left) } else { HEALTHCHECK_TIMEOUT };
        match crate::client::get(&address, "/_mock/health", timeout).await {
            Ok(_) => return ExitCode::SUCCESS,
            Err(_) if left > HEALTHCHECK_PAUSE => tokio::time::sleep(HEALTHCHECK_PAUSE).await,
            Err(reason) => return crate::failed(&format!("{address}: {reason}")),
        }
    }
}

/// The address that a command calls: the argument, or what `run` set, or else that of the server of this container or of
/// the variables.
pub(crate) fn address_or_default(address: Option<&str>) -> Result<String, clap::Error> {
    // In a container the server is the first process, or one that the first one has started with its own words.
    let first_process = || std::fs::read_to_string("/proc/1/cmdline").unwrap_or_default();
    let of_run = || std::env::var_os(URL_VARIABLE).filter(|url| !url.is_empty());
    let given = address.map(str::to_owned).or_else(|| Some(of_run()?.to_string_lossy().into_owned()));
    given.map_or_else(|| url_of_server(&first_process()), Ok)
}

/// The same where several may be named.
pub(crate) fn addresses_or_default(addresses: &mut Vec<String>) -> Result<(), clap::Error> {
    if addresses.is_empty() {
        addresses.push(address_or_default(None)?);
    }
    Ok(())
}

/// Where the server of this command line is, whose words end with NUL, and which may begin with those of an init process.
/// If it starts no server, the variables say where one is.
fn url_of_server(command_line: &str) -> Result<String, clap::Error> {
    let words = command_line.split_terminator('\0');
    let words = words.skip_while(|word| word.rsplit('/').next() != Some(NAME)).skip(1);
    let cli = Cli::read(std::iter::once(NAME).chain(words).map(OsString::from))?;
    let serve = if let Some(Command::Serve(serve)) = cli.command { *serve } else { cli.serve };
    let (host, port) = serve.address();
    Ok(format!("http://{}:{port}", reachable(host)))
}

/// Where a server that listens on `host` is reached from the same machine.
fn reachable(host: &str) -> String {
    match host.trim_matches(['[', ']']) {
        "" | "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        ipv6 if ipv6.contains(':') => format!("[{ipv6}]"),
        host => host.to_owned(),
    }
}

const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// How long `--wait` waits between two questions.
const HEALTHCHECK_PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_of_a_container_is_asked_where_its_options_say() {
        for (command_line, expected) in [
            ("", "http://127.0.0.1:8080"),
            ("/sbin/init\0splash\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0--port\09000\0", "http://127.0.0.1:9000"),
            ("/tracker-mock\0serve\0-p\09000\0", "http://127.0.0.1:9000"),
            ("/tracker-mock\0--port=9000\0--host\0::\0", "http://[::1]:9000"),
            ("/tracker-mock\0--host\0::1\0", "http://[::1]:8080"),
            ("/tracker-mock\0--host=0.0.0.0\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0--host=\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0--host\0localhost\0", "http://localhost:8080"),
            ("/sbin/docker-init\0--\0/tracker-mock\0--port\09000\0", "http://127.0.0.1:9000"),
        ] {
            assert_eq!(url_of_server(command_line).ok().as_deref(), Some(expected), "{command_line}");
        }
        assert!(url_of_server("/tracker-mock\0--port\0nonsense\0").is_err());
    }
}
