//! `curl`, as far as the documents use it.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{SHOWN, Shell};

impl Shell {
    /// Sends what the arguments say and returns what `curl` would print: nothing if the connection breaks.
    pub(super) async fn curl(&mut self, arguments: &[&str]) -> String {
        let (mut method, mut headers, mut form, mut data, mut url) = (None, Vec::new(), None, None, None);
        let (mut output, mut format) = (None, None);
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let mut value = || *arguments.next().unwrap_or_else(|| panic!("{argument} without a value"));
            match argument {
                "-s" => {}
                "-X" => method = Some(value().parse::<Method>().expect("a method")),
                "-H" => headers.push(value().split_once(": ").expect("a header")),
                "-F" => form = Some(self.form(value())),
                "-d" => data = Some(self.data(value())),
                "-o" => output = Some(value()),
                "-w" => format = Some(value()),
                address if address.starts_with("http://") => url = Some(address.replace(SHOWN, &self.server)),
                _ => panic!("not understood: {argument}"),
            }
        }
        let url = url.expect("a URL");
        assert!(url.contains(&self.server), "{url} is not on {SHOWN}");
        let default = if form.is_some() || data.is_some() { Method::POST } else { Method::GET };
        let mut request = reqwest::Client::new().request(method.unwrap_or(default), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(form) = form {
            request = request.multipart(form);
        }
        if let Some(data) = data {
            request = request.body(data);
        }
        let Ok(answer) = request.send().await else { return String::new() };
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap_or_default();
        let mut printed = match output {
            Some("/dev/null") => String::new(),
            Some(file) => {
                self.files.insert(file.to_owned(), body);
                String::new()
            }
            None => body,
        };
        if let Some(format) = format {
            printed += &format.replace("%{http_code}", &status.to_string()).replace("\\n", "\n");
        }
        printed
    }

    /// The text itself, or after an `@` the text of that file.
    fn data(&self, text: &str) -> String {
        text.strip_prefix('@').map_or_else(|| text.to_owned(), |file| self.files[file].clone())
    }

    /// The form for `name=@file`, with the content type that `curl` gives a text file.
    fn form(&self, field: &str) -> Form {
        let (name, file) = field.split_once("=@").expect("a file");
        assert!(file.ends_with(".txt"), "the type of {file} is not known here");
        let part = Part::text(self.files[file].clone()).file_name(file.to_owned());
        Form::new().part(name.to_owned(), part.mime_str("text/plain").expect("a type"))
    }
}
