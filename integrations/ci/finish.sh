#!/usr/bin/env bash
# Writes coverage into the job summary, judges, and ends the server. STRICT, ALLOW and FAIL_UNDER come from action.yml.
set -euo pipefail
folder="$RUNNER_TEMP/tracker-mock"
[ -e "$folder/pid" ] || { echo '::error::tracker-mock was not started in this job'; exit 1; }
failed=0

"$(cat "$folder/program")" coverage "$TRACKER_MOCK_URL" --format markdown --fail-under "$FAIL_UNDER" \
    >> "$GITHUB_STEP_SUMMARY" || failed=1
if [ "$STRICT" = true ]; then
    allow=$(sed -E 's/[^ ]+/"&"/g; s/ +/,/g' <<< "$ALLOW")
    curl -sS --noproxy '*' "$TRACKER_MOCK_URL/_mock/verify?all=true" -d "{\"strict\":{\"allow\":[$allow]}}" \
        > "$folder/verdict"
    if ! grep -q '^{"ok":true' "$folder/verdict"; then
        failed=1
        echo '::error::tracker-mock found what no test should let pass'
        sed -E 's/^\{"ok":false,"message":"(([^"\\]|\\.)*)".*/\1/; s/\\n/\n/g; s/\\"/"/g' "$folder/verdict"
    fi
fi
kill "$(cat "$folder/pid")"
rm "$folder/pid"
exit "$failed"
