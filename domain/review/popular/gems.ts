/** Among the most used gems of RubyGems, as of 2025. */
export const popularGems = `
actioncable actionmailbox actionmailer actionpack actiontext actionview active_model_serializers activeadmin activejob activemodel
activerecord activestorage activesupport acts-as-taggable-on addressable airbrake annotate arel ast autoprefixer-rails aws-eventstream
aws-partitions aws-sdk aws-sdk-core aws-sdk-kms aws-sdk-s3 aws-sigv4 babel-transpiler bcrypt better_errors bigdecimal bindex
binding_of_caller bootsnap bootstrap brakeman builder bullet bundler byebug cancancan capistrano capybara carrierwave childprocess
chronic cocoapods coderay coffee-rails coffee-script coffee-script-source colored colorize concurrent-ruby connection_pool crack
crass css_parser cucumber daemons dalli database_cleaner date devise diff-lcs docile domain_name dotenv dotenv-rails dry-configurable
dry-core dry-types em-websocket erubi erubis ethon eventmachine excon execjs factory_bot factory_bot_rails faker faraday
faraday-net_http faraday-retry fastlane ffi figaro fog-core foreman friendly_id geocoder gh globalid google-apis-core google-cloud-storage
google-protobuf googleauth graphql grpc guard haml hashdiff hashie highline hiredis hitimes httparty http http-cookie httpclient
i18n image_processing importmap-rails io-console irb jbuilder jekyll jmespath jquery-rails json json-jwt jwt kaminari kramdown
language_server-protocol launchy letter_opener liquid listen logger loofah lograge mail marcel memoist method_source mime-types
mime-types-data mini_magick mini_mime mini_portile2 minitest mocha money mongo mongoid msgpack multi_json multi_xml
multipart-post mustermann mysql2 nenv net-http-persistent net-imap net-pop net-protocol net-scp net-sftp net-smtp net-ssh
newrelic_rpm nio4r nokogiri notiffany oauth oauth2 octokit oj omniauth omniauth-google-oauth2 omniauth-oauth2 optimist orm_adapter os
paper_trail paperclip parallel paranoia parser pg pg_search phantomjs pkg-config poltergeist popper_js prometheus-client propshaft
pry pry-byebug pry-rails psych public_suffix puma pundit racc rack rack-attack rack-cors rack-mini-profiler rack-protection
rack-proxy rack-session rack-test rails rails-controller-testing rails-dom-testing rails-html-sanitizer rails-i18n railties rainbow
rake ransack rb-fsevent rb-inotify rdoc redcarpet redis redis-client redis-namespace regexp_parser reline representable responders
rest-client retriable rexml rmagick rolify rouge rqrcode rspec rspec-core rspec-expectations rspec-mocks rspec-rails rspec-support
rubocop rubocop-ast rubocop-performance rubocop-rails rubocop-rspec ruby-progressbar ruby-vips ruby2_keywords rubyzip rugged safe_yaml
sanitize sass sass-rails sassc sassc-rails sawyer scss_lint selenium-webdriver sentry-rails sentry-ruby sequel shoulda-matchers
sidekiq sidekiq-cron signet simple_form simplecov simplecov-html sinatra slim slop snaky_hash solargraph sorbet-runtime spring
sprockets sprockets-rails sqlite3 stackprof statsd-ruby stimulus-rails stringio stripe strscan sucker_punch sys-proctable
tailwindcss-rails temple thin thor thread_safe tilt timecop timeout tins travis turbo-rails turbolinks twilio-ruby typhoeus tzinfo
tzinfo-data uglifier unf unf_ext unicode-display_width unicorn vcr view_component virtus warden webdrivers web-console webmock
webpacker webrick websocket websocket-driver websocket-extensions whenever wicked_pdf will_paginate xpath yard zeitwerk
`;
