# tracker-mock as one static binary in an otherwise empty image.
#
#   docker build -t tracker-mock .
#   docker run --rm -p 8080:8080 tracker-mock
#
# Any option can follow the image's name, or be set as TRACKER_MOCK_<OPTION>. Nothing is written to disk, so
# `docker run --read-only` works too.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# Link glibc in, and at a fixed address, which needs no table of relocations. The target is the build machine's own,
# x86_64 or aarch64 alike, but it is named: flags then go to what is built for that target only, and proc macros, which
# the compiler loads as shared libraries, still build.
ENV CARGO_BUILD_TARGET=host-tuple \
    CARGO_BUILD_RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static"

# The dependencies, in a layer of their own that lives until Cargo.toml or Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && touch src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked \
 && rm -r src

# COPY keeps the files' times, which are older than the build above: touched, or cargo would keep the empty program.
COPY build.rs .
COPY docs docs
COPY fixtures fixtures
COPY src src
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
