#!/usr/bin/env bash
# Starts a server for the rest of the job. PROGRAM, OPTIONS, REPOSITORY and TAG come from action.yml.
set -euo pipefail
folder="$RUNNER_TEMP/tracker-mock"
mkdir -p "$folder"

fail() {
    echo "::error::$1"
    exit 1
}

# The program from a release, checked against the checksums that stand beside it.
download() {
    case "$RUNNER_OS-$RUNNER_ARCH" in
        Linux-X64) target=x86_64-unknown-linux-gnu ;;
        Linux-ARM64) target=aarch64-unknown-linux-gnu ;;
        macOS-X64) target=x86_64-apple-darwin ;;
        macOS-ARM64) target=aarch64-apple-darwin ;;
        Windows-X64) target=x86_64-pc-windows-msvc ;;
        *) fail "there is no release for $RUNNER_OS-$RUNNER_ARCH: set the input program" ;;
    esac
    local archive="tracker-mock-$target.tar.gz" from="$GITHUB_SERVER_URL/$REPOSITORY/releases/download/$TAG"
    for file in "$archive" SHA256SUMS; do
        curl -fsSL --retry 3 -o "$folder/$file" "$from/$file" || fail "$from/$file cannot be had: set the input program"
    done
    local sum=sha256sum
    command -v sha256sum > /dev/null || sum='shasum -a 256'
    (cd "$folder" && grep " $archive\$" SHA256SUMS > wanted && $sum -c wanted > /dev/null 2>&1) ||
        fail "$from/$archive is not what SHA256SUMS says"
    tar -xzf "$folder/$archive" -C "$folder"
    PROGRAM="$folder/tracker-mock"
}

[ -n "$PROGRAM" ] || PROGRAM=$(command -v tracker-mock) || download
read -ra options <<< "$OPTIONS"
nohup "$PROGRAM" --port 0 "${options[@]}" > "$folder/out" 2> "$folder/log" < /dev/null &
pid=$!
until grep -q 'listening on' "$folder/out"; do
    kill -0 "$pid" 2> /dev/null || { cat "$folder/log"; fail 'tracker-mock does not start'; }
    sleep 0.05
done
url=$(sed -n 's/.*listening on //p' "$folder/out")
echo "$pid" > "$folder/pid"
echo "$PROGRAM" > "$folder/program"
echo "url=$url" >> "$GITHUB_OUTPUT"
echo "TRACKER_MOCK_URL=$url" >> "$GITHUB_ENV"
echo "tracker-mock listening on $url"
