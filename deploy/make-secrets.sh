#!/bin/sh
# Makes the secrets of docker-compose.yml that can be made here, and names those that only you have. What is there stays.
# The folder keeps other users of this machine out; its files must be readable for the users that the containers run as.
set -eu

folder=${1:-secrets}
missing=0
mkdir -p "$folder"
chmod 700 "$folder"
umask 022

random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

make() {
  if [ ! -s "$folder/$1" ]; then
    random >"$folder/$1"
    echo "made $folder/$1"
  fi
}

need() {
  if [ ! -s "$folder/$1" ]; then
    echo "missing: $folder/$1, $2" >&2
    missing=1
  fi
}

make postgres-password
make relay-bearer-tokens
make grafana-password
need riskos-api-key 'the key of the RiskOS environment; any word for the emulator'
need payload-identity 'made by "age-keygen -o payload-identity" (docs/encryption.md has the key ceremony)'

find "$folder" -type f -exec chmod 644 {} +
exit "$missing"
