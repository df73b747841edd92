# The Homebrew formula, in a tap Formula/tracker-mock.rb. formula.sh fills in what stands between @.
class TrackerMock < Formula
  desc "Local stand-in for the attachment endpoints of the Yandex Tracker API"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v#{version}/tracker-mock-aarch64-apple-darwin.tar.gz"
      sha256 "@aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v#{version}/tracker-mock-x86_64-apple-darwin.tar.gz"
      sha256 "@x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v#{version}/tracker-mock-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v#{version}/tracker-mock-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "tracker-mock"
    generate_completions_from_executable(bin/"tracker-mock", "completions")
    (man1/"tracker-mock.1").write Utils.safe_popen_read(bin/"tracker-mock", "man")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tracker-mock --version")
  end
end
