# tracker-mock as one static binary in an otherwise empty image.
#
#   docker build -t tracker-mock .
#   docker run --rm -p 127.0.0.1:8080:8080 tracker-mock
#
# Published like this, only this machine can reach it. Any option can follow the image's name, or be set as
# TRACKER_MOCK_<OPTION>. Nothing is written to disk, so `docker run --read-only` works too.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# How the program is linked:
#   +crt-static           glibc becomes part of the program, because the final image has no libraries and no loader.
#   relocation-model=pie  The system loads the program at a random address, so that a memory bug is harder to exploit.
#   relro-level=full      All addresses are resolved at start (BIND_NOW), then the table of them becomes read-only.
#   pack-relative-relocs  The list of addresses that the program adjusts at its start is packed: half a megabyte less.
# The second and third are Rust's defaults on Linux. They are written out because the image relies on them.
#
# The flags must not reach proc macros and build.rs, which the compiler loads or runs itself. Cargo keeps them apart only
# when a target is named; `host-tuple` is the target of the build machine, x86_64 or aarch64.
ENV CARGO_BUILD_TARGET=host-tuple \
    CARGO_BUILD_RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=pie -C relro-level=full -C link-arg=-Wl,-z,pack-relative-relocs"

# The dependencies, in a layer of their own that lives until Cargo.toml or Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && touch src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked \
 && rm -r src

# .dockerignore says what is copied. COPY keeps the files' times, which are older than the build above, so touch the
# sources: cargo would keep the empty program otherwise.
COPY . .
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked \
 && cp target/*-linux-gnu/release/tracker-mock /tracker-mock

FROM scratch
LABEL org.opencontainers.image.title="tracker-mock" \
      org.opencontainers.image.description="A local stand-in for the attachment endpoints of the Yandex Tracker API" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /tracker-mock /tracker-mock

# 127.0.0.1, the default elsewhere, could not be reached from outside the container.
ENV TRACKER_MOCK_HOST=0.0.0.0
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM

# There is no shell and no curl in here: the binary asks itself. It is ready in milliseconds, so no start period.
HEALTHCHECK --interval=2s --timeout=2s --retries=3 CMD ["/tracker-mock", "healthcheck"]

ENTRYPOINT ["/tracker-mock"]
