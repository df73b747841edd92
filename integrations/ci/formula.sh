#!/usr/bin/env bash
# The Homebrew formula of a release, from tracker-mock.rb: formula.sh VERSION REPOSITORY_URL SHA256SUMS
set -euo pipefail
script="s|@VERSION@|$1|; s|@REPOSITORY@|$2|g"
while read -r sum file; do
    script="$script; s|@${file#tracker-mock-}@|$sum|"
done < "$3"
formula=$(sed "$script" "$(dirname "$0")/tracker-mock.rb")
if grep -o '@[^@ ]*@' <<< "$formula" >&2; then
    echo 'formula.sh: nothing is known of the above' >&2
    exit 1
fi
echo "$formula"
