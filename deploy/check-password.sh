#!/bin/sh
# Refuses a database password that Temporal's server could not use: it goes unescaped into its configuration and, with "+"
# for a space, into an address. Names the reason and never the password.
set -eu

refuse() {
  echo "the database password in $1 $2; for example, make one with: openssl rand -hex 24" >&2
  exit 1
}

file=$1
[ -r "$file" ] || refuse "$file" 'cannot be read: the file must be readable for every user, in a folder that is not'
password=$(cat "$file")
[ -n "$password" ] || refuse "$file" 'is empty'
# One line, since what comes after a line break would not be compared with anything.
[ "$(printf '%s' "$password" | wc -l)" -eq 0 ] || refuse "$file" 'has more than one line'
LC_ALL=C
export LC_ALL
case $password in
  *[!\!-~]*) refuse "$file" 'has a space, or a character that is not ASCII' ;;
  *'"'* | *\\*) refuse "$file" 'has a " or a \' ;;
esac
echo 'the database password can be used'
