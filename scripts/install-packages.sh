#!/bin/sh
# Installs what muddled is built with on Debian and Ubuntu, if something is missing; else does nothing.
# Uses sudo unless run as root. With the argument "all", also what the trait NATS and all tests need.
#
# Only programs are wanted, no services: MariaDB comes without its service where the release has such a
# package, and a service of a package that is installed here is neither started nor enabled. Services
# that were there before are left alone.

wants=$1
PATH=$PATH:/usr/sbin
is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
has_program() { command -v "$1" >/dev/null 2>&1; }

# Each line: what is missing, as a package, or as alternatives of which the first known one is taken.
missing() {
  if ! has_program mariadbd || ! has_program mariadb-install-db; then
    echo "mariadb-server-core mariadb-server"
  fi
  has_program mariadb || echo "mariadb-client-core mariadb-client"
  has_program redis-server || echo "redis-server"
  has_program redis-cli || echo "redis-tools"
  is_installed libmariadb-dev || echo "libmariadb-dev"
  is_installed libhiredis-dev || echo "libhiredis-dev"
  if [ "$wants" = all ]; then
    has_program nats-server || echo "nats-server"
    is_installed libnats-dev || echo "libnats-dev"
    # It brings the scripts of the state transfer, what they call, and the user mysql.
    is_installed mariadb-server || echo "mariadb-server"
    is_installed galera-4 || echo "galera-4"
    # What reads the reports and the manual in their tests.
    has_program xmllint || echo "libxml2-utils"
    is_installed python3-junitparser || echo "python3-junitparser"
    has_program groff || echo "groff-base"
    has_program cmark-gfm || echo "cmark-gfm"
    has_program chromium || echo "chromium chromium-browser"
    # A browser without a font draws nothing.
    is_installed fonts-dejavu-core || echo "fonts-dejavu-core"
  fi
}

if ! has_program apt-get || ! has_program dpkg-query; then
  programs="mariadbd mariadb-install-db mariadb redis-server redis-cli"
  [ "$wants" != all ] || programs="$programs nats-server xmllint junitparser groff cmark-gfm chromium"
  for program in $programs; do
    has_program "$program" || absent="$absent $program"
  done
  [ -z "$absent" ] && exit 0
  echo "packages: this is not Debian or Ubuntu; install these programs, and the development files" \
    "of libmariadb and hiredis (and of NATS's C client for the trait NATS):$absent" >&2
  exit 69
fi

wanted=$(missing)
[ -n "$wanted" ] || exit 0
echo "packages: missing:" $(echo "$wanted" | cut -d ' ' -f 1)

if [ "$(id -u)" -ne 0 ]; then
  if ! has_program sudo; then
    echo "packages: run as root, or install sudo: apt-get install" \
      $(echo "$wanted" | cut -d ' ' -f 1) >&2
    exit 69
  fi
  exec sudo sh "$0" "$wants"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q || exit 69

packages=$(echo "$wanted" | while read -r alternatives; do
  for package in $alternatives; do
    if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
      echo "$package"
      break
    fi
  done
done)

# The services that would come with these packages.
services=
for package in $packages; do
  case $package in
    mariadb-server) services="$services mariadb" ;;
    redis-server) services="$services redis-server" ;;
    nats-server) services="$services nats-server" ;;
  esac
done

# Debian asks this program before a package starts a service; 101 forbids it. One that is there already stays.
policy=/usr/sbin/policy-rc.d
if [ -n "$services" ] && [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  pattern=$(echo $services | sed 's/ /|/g')
  printf '#!/bin/sh\ncase "${1%%.service}" in\n  %s) exit 101 ;;\nesac\nexit 0\n' "$pattern" >"$policy"
  chmod 755 "$policy"
fi

apt-get install -q -y --no-install-recommends $packages || exit 69

if has_program systemctl; then
  for service in $services; do systemctl disable --now "$service" >/dev/null 2>&1; done
fi
[ -z "$services" ] || echo "packages: not started and not enabled:$services"

if [ -n "$(missing)" ]; then
  echo "packages: still missing after the installation:" $(missing) >&2
  exit 69
fi
